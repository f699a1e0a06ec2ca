#include "trie.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ALPHABET 26
#define MAX_WORD 64

typedef struct trie_node {
    struct trie_node *children[ALPHABET];
    unsigned int weight;
    bool is_word;
} trie_node_t;

struct trie {
    trie_node_t *root;
    size_t word_count;
    size_t node_count;
};

typedef struct {
    char letters[MAX_WORD];
    int length;
    trie_visit_fn visit;
    void *context;
    size_t left;
} walk_t;

static trie_node_t *new_node(struct trie *trie)
{
    trie_node_t *node = calloc(1, sizeof *node);
    if (node != NULL)
        trie->node_count++;
    return node;
}

struct trie *trie_create(void)
{
    struct trie *trie = calloc(1, sizeof *trie);
    if (trie == NULL)
        return NULL;
    trie->root = new_node(trie);
    if (trie->root == NULL) {
        free(trie);
        return NULL;
    }
    return trie;
}

static int index_of(char letter)
{
    return isalpha((unsigned char)letter) ? tolower((unsigned char)letter) - 'a' : -1;
}

/* Inserts a word, or raises its weight; false when a sign is no letter or memory is short. */
bool trie_insert(struct trie *trie, const char *word, unsigned int weight)
{
    trie_node_t *node = trie->root;
    size_t length = strlen(word);

    if (length == 0 || length >= MAX_WORD)
        return false;
    for (const char *letter = word; *letter != '\0'; letter++) {
        int index = index_of(*letter);
        if (index < 0)
            return false;
        if (node->children[index] == NULL) {
            node->children[index] = new_node(trie);
            if (node->children[index] == NULL)
                return false;
        }
        node = node->children[index];
    }
    if (!node->is_word)
        trie->word_count++;
    node->is_word = true;
    node->weight += weight;
    return true;
}

static const trie_node_t *find_node(const struct trie *trie, const char *prefix)
{
    const trie_node_t *node = trie->root;
    while (node != NULL && *prefix != '\0') {
        int index = index_of(*prefix++);
        node = index < 0 ? NULL : node->children[index];
    }
    return node;
}

bool trie_contains(const struct trie *trie, const char *word)
{
    const trie_node_t *node = find_node(trie, word);
    return node != NULL && node->is_word;
}

static void walk(walk_t *state, const trie_node_t *node)
{
    if (state->left == 0)
        return;
    if (node->is_word) {
        state->letters[state->length] = '\0';
        state->visit(state->letters, node->weight, state->context);
        state->left--;
    }
    for (int index = 0; index < ALPHABET; index++) {
        if (node->children[index] == NULL)
            continue;
        state->letters[state->length++] = (char)('a' + index);
        walk(state, node->children[index]);
        state->length--;
    }
}

size_t trie_complete(const struct trie *trie, const char *prefix, size_t limit, trie_visit_fn visit, void *context)
{
    walk_t state = { .length = 0, .visit = visit, .context = context, .left = limit };
    const trie_node_t *node = find_node(trie, prefix);

    if (node == NULL)
        return 0;
    strncpy(state.letters, prefix, MAX_WORD - 1);
    state.length = (int)strlen(prefix);
    walk(&state, node);
    return limit - state.left;
}

static void free_nodes(trie_node_t *node)
{
    if (node == NULL)
        return;
    for (int index = 0; index < ALPHABET; index++)
        free_nodes(node->children[index]);
    free(node);
}

void trie_destroy(struct trie *trie)
{
    if (trie == NULL)
        return;
    free_nodes(trie->root);
    free(trie);
}
