/* Patterns of lights on a small board: parsed from text, played by a timer. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "board/gpio.h"
#include "board/timer.h"

#define MAX_STEPS 32
#define TICK_MS 10

enum blink_error {
	BLINK_OK,
	BLINK_TOO_LONG,
	BLINK_BAD_SIGN,
	BLINK_EMPTY,
};

struct step {
	uint8_t lights;
	uint16_t ticks;
};

struct pattern {
	struct step steps[MAX_STEPS];
	uint8_t count;
	uint8_t repeats;
};

struct player {
	const struct pattern *pattern;
	uint8_t step;
	uint8_t round;
	uint16_t ticks_left;
	void (*finished)(void);
};

static struct player current;

static int parse_number(const char **text)
{
	int value = 0;

	while (**text >= '0' && **text <= '9') {
		value = 10 * value + (**text - '0');
		(*text)++;
	}
	return value;
}

/*
 * A step is a list of lights and a time: "ab200" lights the first and second for 200 ms,
 * "-100" is dark for 100 ms, "x3" at the end repeats the whole.
 */
enum blink_error pattern_parse(const char *text, struct pattern *to)
{
	memset(to, 0, sizeof(*to));
	to->repeats = 1;
	while (*text != '\0') {
		struct step step = { 0 };

		if (*text == 'x') {
			text++;
			to->repeats = (uint8_t)parse_number(&text);
			break;
		}
		if (to->count == MAX_STEPS)
			return BLINK_TOO_LONG;
		for (; *text < '0' || *text > '9'; text++) {
			if (*text >= 'a' && *text <= 'h')
				step.lights |= (uint8_t)(1u << (*text - 'a'));
			else if (*text != '-')
				return BLINK_BAD_SIGN;
		}
		step.ticks = (uint16_t)(parse_number(&text) / TICK_MS);
		to->steps[to->count++] = step;
		if (*text == ' ')
			text++;
	}
	return to->count == 0 ? BLINK_EMPTY : BLINK_OK;
}

uint32_t pattern_duration_ms(const struct pattern *pattern)
{
	uint32_t ticks = 0;

	for (uint8_t index = 0; index < pattern->count; index++)
		ticks += pattern->steps[index].ticks;
	return ticks * TICK_MS * pattern->repeats;
}

static void show_step(void)
{
	const struct step *step = &current.pattern->steps[current.step];

	gpio_write_port(LIGHT_PORT, step->lights);
	current.ticks_left = step->ticks;
}

static void advance(void)
{
	if (++current.step < current.pattern->count) {
		show_step();
		return;
	}
	current.step = 0;
	if (++current.round < current.pattern->repeats) {
		show_step();
		return;
	}
	player_stop();
	if (current.finished != NULL)
		current.finished();
}

static void on_tick(void)
{
	if (current.ticks_left > 0)
		current.ticks_left--;
	if (current.ticks_left == 0)
		advance();
}

void player_start(const struct pattern *pattern, void (*finished)(void))
{
	current = (struct player){ .pattern = pattern, .finished = finished };
	show_step();
	timer_every(TICK_MS, on_tick);
}

void player_stop(void)
{
	timer_cancel(on_tick);
	gpio_write_port(LIGHT_PORT, 0);
}
