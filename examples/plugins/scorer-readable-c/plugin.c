/* A scorer that likes notes which can be read: code fences that close, lines that are not endless, few lines that stand twice.
   The rest of the project is what `ralf-tune plugin new scorer readable --lang c` writes. */

#include "ralf_tune.h"

void rt_describe(rt_manifest *manifest) {
    rt_name(manifest, "readable", "0.1.0", "Likes notes that can be read: closed fences, short lines, no repeats");
    rt_number_parameter(manifest, "longest", 400.0, 40.0, 10000.0, "characters in a line of prose that are not too many");
    rt_number_parameter(manifest, "fence", 0.3, 0.0, 1.0, "what a code fence costs that never closes");
}

/* What was counted in all answers of a note. */
typedef struct {
    size_t lines, endless, twice, open_fences;
} findings;

/* The line that begins there, without its end. */
static rt_string line_at(rt_string text, size_t start) {
    size_t end = start;
    while (end < text.len && text.ptr[end] != '\n') end++;
    return (rt_string){text.ptr + start, end - start};
}

/* Characters, not bytes: the following bytes of a character in UTF-8 begin with the bits 10. */
static size_t characters(rt_string line) {
    size_t count = 0;
    for (size_t i = 0; i < line.len; i++) count += (line.ptr[i] & 0xC0) != 0x80;
    return count;
}

static bool is_fence(rt_string line) { return line.len >= 3 && memcmp(line.ptr, "```", 3) == 0; }

static void look_at(rt_string answer, double longest, findings *found) {
    bool in_code = false;
    rt_string before = {NULL, 0};
    for (size_t start = 0; start < answer.len;) {
        rt_string line = line_at(answer, start);
        start += line.len + 1;
        if (is_fence(line)) in_code = !in_code;
        if (in_code || line.len == 0) continue;
        found->lines++;
        found->endless += (double)characters(line) > longest;
        /* A model that is stuck says the same line again and again. */
        found->twice += line.len == before.len && memcmp(line.ptr, before.ptr, line.len) == 0;
        before = line;
    }
    found->open_fences += in_code;
}

bool rt_evaluate(rt_note *note, rt_arguments *arguments, rt_score *score, rt_string *error) {
    (void)error;
    findings found = {0};
    for (size_t i = 0; i < note->requests.len; i++)
        look_at(note->requests.ptr[i].answer, rt_number(arguments, "longest"), &found);

    *score = (rt_score){0};
    if (found.lines == 0) {
        RT_PUSH(&score->reasons, rt_text("there is no line to read"));
        return true;
    }
    double share = (double)(found.endless + found.twice) / (double)found.lines;
    score->value = fmax(0.0, 1.0 - share - (double)found.open_fences * rt_number(arguments, "fence"));
    RT_PUSH(&score->parts, (ralf_tune_types_fact_t){rt_text("lines"), (double)found.lines});
    if (found.endless > 0) RT_PUSH(&score->reasons, rt_text("%zu endless lines", found.endless));
    if (found.twice > 0) RT_PUSH(&score->reasons, rt_text("%zu lines stand twice", found.twice));
    if (found.open_fences > 0) RT_PUSH(&score->reasons, rt_text("%zu code fences never close", found.open_fences));
    return true;
}
