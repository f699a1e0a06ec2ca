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
    assert(score_of("### USAGE\n\n```\nprint(1)\nprint(1)\n```\nThat is all.\n").value == 1.0);
    assert(score_of("").value == 0.0);

    rt_score open = score_of("### USAGE\n```\nprint(1)\n");
    assert(fabs(open.value - 0.7) < 1e-9 && rt_is(open.reasons.ptr[0], "1 code fences never close"));
    assert(score_of("the same\nthe same\n").value == 0.5);

    char umlauts[2 * 300 + 1];
    for (int i = 0; i < 300; i++) memcpy(umlauts + 2 * i, "\xc3\xbc", 3);
    assert(score_of(umlauts).value == 1.0);
    puts("5 notes were scored as they should be");
}
