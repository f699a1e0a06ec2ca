/* Short names for what the generated header calls by its full name. */
#ifndef RALF_TUNE_KIND_H
#define RALF_TUNE_KIND_H

#include "scorer_plugin.h"

typedef scorer_plugin_string_t rt_string;
typedef scorer_plugin_list_string_t rt_strings;
typedef scorer_plugin_list_f64_t rt_numbers;
typedef scorer_plugin_list_u32_t rt_indices;
typedef ralf_tune_types_value_t rt_value;
typedef ralf_tune_types_manifest_t rt_manifest;
typedef exports_ralf_tune_scorer_list_setting_t rt_settings;
typedef exports_ralf_tune_scorer_list_argument_t rt_arguments;
typedef exports_ralf_tune_scorer_request_t rt_request;
typedef exports_ralf_tune_scorer_note_t rt_note;
typedef exports_ralf_tune_scorer_score_t rt_score;

#define rt_describe exports_ralf_tune_scorer_describe
#define rt_evaluate exports_ralf_tune_scorer_evaluate

#endif
