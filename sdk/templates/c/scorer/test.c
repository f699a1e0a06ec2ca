#include "ralf_tune.h"

static rt_score score_of(const char *answer) {
    rt_note note = {.path = rt_text("a.py"), .language = rt_text("python"), .source = rt_text("print(1)")};
    RT_PUSH(&note.requests, (rt_request){.prompt = rt_text("print(1)"), .answer = rt_text("%s", answer), .end_char = 8});
    rt_arguments arguments = rt_defaults();
    rt_score score;
    rt_string error;
    assert(rt_evaluate(&note, &arguments, &score, &error));
    return score;
}

int main(void) {
    rt_score half = score_of("### SUMMARY\nPrints.\n");
    assert(half.value == 0.5);
    assert(half.reasons.len == 2 && rt_is(half.reasons.ptr[0], "missing: ### DETAILS"));
    assert(score_of("### SUMMARY\nPrints.\n### DETAILS\nOne.\n### USAGE\nRun it.\n").value == 1.0);
    puts("2 notes were scored as they should be");
}
