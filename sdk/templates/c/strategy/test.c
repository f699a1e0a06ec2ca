#include "ralf_tune.h"

/* What the host would add to the history: the trial of a proposal, with a speed that is known. */
static void measure(rt_study *study, const rt_proposal *proposal, double notes_per_minute) {
    rt_trial trial = {.stage = rt_text("__name__"), .experiment = proposal->experiment};
    for (size_t i = 0; i < proposal->changes.len; i++) RT_PUSH(&trial.candidate, proposal->changes.ptr[i]);
    RT_PUSH(&trial.samples, (ralf_tune_types_sample_t){.metric = rt_text("notes_per_minute"), .mean = notes_per_minute});
    RT_PUSH(&study->history, trial);
}

int main(void) {
    rt_study study = {.arguments = rt_defaults(), .seconds_left = 60.0};
    rt_answer answer;
    rt_string error;
    for (uint32_t i = 0; i < 9; i++) RT_PUSH(&study.workload.file_chars, 1000 * i);

    assert(rt_ask(&study, &answer, &error) && answer.tag == EXPORTS_RALF_TUNE_STRATEGY_ANSWER_MEASURE);
    rt_proposals asked = answer.val.measure;
    assert(asked.len == 3 && asked.ptr[0].experiment.val.notes.len == 4);
    measure(&study, &asked.ptr[0], 3.0);
    measure(&study, &asked.ptr[1], 5.0);
    assert(rt_ask(&study, &answer, &error) && answer.val.measure.len == 1);
    measure(&study, &asked.ptr[2], 4.0);
    assert(rt_ask(&study, &answer, &error) && answer.tag == EXPORTS_RALF_TUNE_STRATEGY_ANSWER_DONE);
    assert(rt_setting(&answer.val.done.settings, "max_concurrent_requests") == 2.0);

    rt_study empty = {.arguments = rt_defaults()};
    assert(rt_ask(&empty, &answer, &error) && answer.val.done.not_found.len == 1);
    puts("three levels are measured, and the fastest is kept");
}
