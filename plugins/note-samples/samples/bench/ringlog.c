/* A log in shared memory: one writer, any number of readers, old lines are overwritten. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RINGLOG_MAGIC 0x676f6c72u
#define RINGLOG_LINE 240
#define RINGLOG_SLOTS 1024

struct ringlog_slot {
	_Atomic uint64_t sequence;
	uint32_t length;
	char text[RINGLOG_LINE];
};

struct ringlog {
	uint32_t magic;
	_Atomic uint64_t next;
	struct ringlog_slot slots[RINGLOG_SLOTS];
};

struct ringlog_reader {
	const struct ringlog *log;
	uint64_t position;
	uint64_t lost;
};

static void *map_file(int fd, int protection)
{
	void *memory = mmap(NULL, sizeof(struct ringlog), protection, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* Makes or opens the log of that name; NULL with errno set when it cannot. */
struct ringlog *ringlog_open(const char *name)
{
	struct ringlog *log;
	int fd = shm_open(name, O_RDWR | O_CREAT, 0644);

	if (fd < 0)
		return NULL;
	if (ftruncate(fd, sizeof(*log)) < 0) {
		close(fd);
		return NULL;
	}
	log = map_file(fd, PROT_READ | PROT_WRITE);
	close(fd);
	if (log && log->magic != RINGLOG_MAGIC) {
		memset(log, 0, sizeof(*log));
		log->magic = RINGLOG_MAGIC;
	}
	return log;
}

int ringlog_vwrite(struct ringlog *log, const char *format, va_list arguments)
{
	uint64_t number = atomic_load_explicit(&log->next, memory_order_relaxed);
	struct ringlog_slot *slot = &log->slots[number % RINGLOG_SLOTS];
	int length;

	/* Odd while the slot is being written. */
	atomic_store_explicit(&slot->sequence, 2 * number + 1, memory_order_release);
	length = vsnprintf(slot->text, RINGLOG_LINE, format, arguments);
	slot->length = length < RINGLOG_LINE ? (uint32_t)length : RINGLOG_LINE - 1;
	atomic_store_explicit(&slot->sequence, 2 * number + 2, memory_order_release);
	atomic_store_explicit(&log->next, number + 1, memory_order_release);
	return length;
}

int ringlog_write(struct ringlog *log, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = ringlog_vwrite(log, format, arguments);
	va_end(arguments);
	return length;
}

void ringlog_reader_init(struct ringlog_reader *reader, const struct ringlog *log)
{
	reader->log = log;
	reader->lost = 0;
	reader->position = atomic_load(&log->next);
}

/* The next line, or -EAGAIN when there is none yet. */
int ringlog_read(struct ringlog_reader *reader, char *to, size_t size)
{
	const struct ringlog_slot *slot = &reader->log->slots[reader->position % RINGLOG_SLOTS];
	uint64_t wanted = 2 * reader->position + 2;
	uint64_t before = atomic_load_explicit(&slot->sequence, memory_order_acquire);
	size_t length;

	if (before < wanted)
		return -EAGAIN;
	length = slot->length < size ? slot->length : size - 1;
	memcpy(to, slot->text, length);
	to[length] = '\0';
	if (atomic_load_explicit(&slot->sequence, memory_order_acquire) != wanted) {
		uint64_t next = atomic_load(&reader->log->next);

		reader->lost += next - RINGLOG_SLOTS - reader->position;
		reader->position = next - RINGLOG_SLOTS;
		return -EAGAIN;
	}
	reader->position++;
	return (int)length;
}

void ringlog_close(struct ringlog *log)
{
	munmap(log, sizeof(*log));
}
