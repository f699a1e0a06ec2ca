#include "ralf_tune.h"

static rt_candidate candidate(uint32_t id, double speed, double memory) {
    rt_candidate one = {.id = id, .source_share = 1.0};
    one.notes_per_minute.is_some = one.peak_memory_bytes.is_some = true;
    one.notes_per_minute.val.value = speed;
    one.peak_memory_bytes.val = memory;
    return one;
}

int main(void) {
    rt_input input = {.arguments = rt_defaults()};
    rt_selection selection;
    rt_string error;
    assert(!rt_select(&input, &selection, &error));

    RT_PUSH(&input.candidates, candidate(0, 10.0, 9e9));
    RT_PUSH(&input.candidates, candidate(1, 9.0, 7e9));
    RT_PUSH(&input.candidates, candidate(2, 2.0, 5e9));
    RT_PUSH(&input.candidates, candidate(3, 20.0, 4e9));
    RT_PUSH(&input.candidates.ptr[3].violations, rt_text("loses files"));
    assert(rt_select(&input, &selection, &error));
    assert(selection.winner == 1 && rt_is(selection.reasons.ptr[0], "7.0 GB, 9.0 notes a minute"));
    puts("the least memory of the fast ones wins");
}
