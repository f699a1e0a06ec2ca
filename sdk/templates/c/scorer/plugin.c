/* A scorer: how good is one note? This one looks for the sections that a note should have. */

#include "ralf_tune.h"

static const char *const SECTIONS[] = {"### SUMMARY\n", "### DETAILS\n", "### USAGE\n"};

void rt_describe(rt_manifest *manifest) {
    rt_name(manifest, "__name__", "0.1.0", "Likes notes that have the wanted sections");
    rt_number_parameter(manifest, "cost", 0.25, 0.0, 1.0, "what one missing section takes away");
}

/* From 0 (worthless) to 1 (nothing to wish for). The note has the whole source file, and of each request the prompt, the
   answer and how it ended. Where a note cannot be judged: *error = rt_text("why"), and return false. */
bool rt_evaluate(rt_note *note, rt_arguments *arguments, rt_score *score, rt_string *error) {
    (void)error;
    *score = (rt_score){.value = 1.0};
    for (size_t i = 0; i < sizeof SECTIONS / sizeof *SECTIONS; i++) {
        size_t found = 0;
        for (size_t r = 0; r < note->requests.len; r++) found += rt_count(note->requests.ptr[r].answer, SECTIONS[i]);
        if (found > 0) continue;
        score->value -= rt_number(arguments, "cost");
        RT_PUSH(&score->reasons, rt_text("missing: %.*s", (int)strlen(SECTIONS[i]) - 1, SECTIONS[i]));
    }
    score->value = fmax(score->value, 0.0);
    RT_PUSH(&score->parts, (ralf_tune_types_fact_t){rt_text("missing"), (double)score->reasons.len});
    return true;
}
