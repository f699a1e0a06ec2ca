/* A strategy: what to measure next, and what follows from it? This one makes the same notes with one, two and four requests
   at once, and keeps the fastest. It takes the place of the bundled stage that decides the same setting. */

#include "ralf_tune.h"

/* Our trials stand in the history under our name. */
static const char *const NAME = "__name__";
/* What we decide. */
static const char *const SETTING = "max_concurrent_requests";
static const double LEVELS[] = {1.0, 2.0, 4.0};
enum { LEVEL_COUNT = sizeof LEVELS / sizeof *LEVELS };

void rt_describe(rt_manifest *manifest) {
    rt_name(manifest, NAME, "0.1.0", "Tries some numbers of requests at once");
    rt_number_parameter(manifest, "files", 4.0, 1.0, 50.0, "files made into notes at each level");
    RT_PUSH(&manifest->decides, rt_text("%s", SETTING));
    RT_PUSH(&manifest->intensities, rt_text("quick"));
    RT_PUSH(&manifest->intensities, rt_text("normal"));
    RT_PUSH(&manifest->intensities, rt_text("full"));
}

/* Our own trial at that level, however it ended. */
static const rt_trial *measured(const rt_study *study, double level) {
    for (size_t i = 0; i < study->history.len; i++) {
        const rt_trial *trial = &study->history.ptr[i];
        if (rt_is(trial->stage, NAME) && rt_setting((const rt_settings *)&trial->candidate, SETTING) == level) return trial;
    }
    return NULL;
}

/* Notes a minute of a trial; 0 when it failed. */
static double speed(const rt_trial *trial) {
    if (!trial || trial->state.tag != RALF_TUNE_TYPES_TRIAL_STATE_COMPLETE) return 0.0;
    for (size_t i = 0; i < trial->samples.len; i++)
        if (rt_is(trial->samples.ptr[i].metric, "notes_per_minute")) return trial->samples.ptr[i].mean;
    return 0.0;
}

/* The best decision from what there is; also called when the time is over. */
bool rt_conclude(rt_study *study, rt_decision *decision, rt_string *error) {
    (void)error;
    size_t best = 0;
    for (size_t i = 1; i < LEVEL_COUNT; i++)
        if (speed(measured(study, LEVELS[i])) > speed(measured(study, LEVELS[best]))) best = i;
    double fastest = speed(measured(study, LEVELS[best]));
    *decision = (rt_decision){0};
    if (fastest > 0.0) {
        rt_set(&decision->settings, SETTING, LEVELS[best]);
        RT_PUSH(&decision->reasons, rt_text("%.1f notes a minute with %.0f at once", fastest, LEVELS[best]));
    } else {
        RT_PUSH(&decision->not_found, rt_text("no level made a note"));
    }
    return true;
}

/* Called until it is done. Nothing is remembered between calls but the history. */
bool rt_ask(rt_study *study, rt_answer *answer, rt_string *error) {
    size_t files = study->workload.file_chars.len, most = (size_t)rt_number(&study->arguments, "files");
    if (files > most) files = most;
    *answer = (rt_answer){.tag = EXPORTS_RALF_TUNE_STRATEGY_ANSWER_MEASURE};
    for (size_t i = 0; files > 0 && i < LEVEL_COUNT; i++) {
        if (measured(study, LEVELS[i])) continue;
        rt_proposal proposal = {.why = rt_text("%.0f at once", LEVELS[i])};
        rt_set(&proposal.changes, SETTING, LEVELS[i]);
        proposal.experiment.tag = RALF_TUNE_TYPES_EXPERIMENT_NOTES;
        for (uint32_t file = 0; file < files; file++) RT_PUSH(&proposal.experiment.val.notes, file);
        RT_PUSH(&answer->val.measure, proposal);
    }
    if (answer->val.measure.len > 0) return true;
    answer->tag = EXPORTS_RALF_TUNE_STRATEGY_ANSWER_DONE;
    return rt_conclude(study, &answer->val.done, error);
}
