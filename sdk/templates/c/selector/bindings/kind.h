/* Short names for what the generated header calls by its full name. */
#ifndef RALF_TUNE_KIND_H
#define RALF_TUNE_KIND_H

#include "selector_plugin.h"

typedef selector_plugin_string_t rt_string;
typedef selector_plugin_list_string_t rt_strings;
typedef selector_plugin_list_f64_t rt_numbers;
typedef selector_plugin_list_u32_t rt_indices;
typedef ralf_tune_types_value_t rt_value;
typedef ralf_tune_types_manifest_t rt_manifest;
typedef exports_ralf_tune_selector_list_setting_t rt_settings;
typedef exports_ralf_tune_selector_list_argument_t rt_arguments;
typedef exports_ralf_tune_selector_candidate_t rt_candidate;
typedef exports_ralf_tune_selector_selection_input_t rt_input;
typedef exports_ralf_tune_selector_selection_t rt_selection;

#define rt_describe exports_ralf_tune_selector_describe
#define rt_select exports_ralf_tune_selector_select

#endif
