/* A selector: which measured candidate wins? This one takes the least memory among those that are fast enough. */

#include "ralf_tune.h"

void rt_describe(rt_manifest *manifest) {
    rt_name(manifest, "__name__", "0.1.0", "The least memory among candidates that are fast enough");
    rt_number_parameter(manifest, "speed", 0.8, 0.0, 1.0, "fast enough: this share of the most notes a minute");
}

static double speed(const rt_candidate *one) { return one->notes_per_minute.is_some ? one->notes_per_minute.val.value : 0.0; }

/* Unknown memory is no small memory. */
static double memory(const rt_candidate *one) { return one->peak_memory_bytes.is_some ? one->peak_memory_bytes.val : INFINITY; }

/* The winner must have no violation; the host refuses any other. Where there is none: *error and false. */
bool rt_select(rt_input *input, rt_selection *selection, rt_string *error) {
    double fastest = 0.0;
    for (size_t i = 0; i < input->candidates.len; i++) {
        const rt_candidate *one = &input->candidates.ptr[i];
        if (one->violations.len == 0) fastest = fmax(fastest, speed(one));
    }
    const rt_candidate *best = NULL;
    for (size_t i = 0; i < input->candidates.len; i++) {
        const rt_candidate *one = &input->candidates.ptr[i];
        if (one->violations.len > 0 || speed(one) < fastest * rt_number(&input->arguments, "speed")) continue;
        /* The id decides between equals, so that the order of the candidates does not. */
        bool better = !best || memory(one) < memory(best) || (memory(one) == memory(best) && one->id < best->id);
        if (better) best = one;
    }
    if (!best) {
        *error = rt_text("every candidate has a violation");
        return false;
    }
    *selection = (rt_selection){.winner = best->id};
    RT_PUSH(&selection->reasons, rt_text("%.1f GB, %.1f notes a minute", memory(best) / 1e9, speed(best)));
    return true;
}
