/* Helpers for plugins of ralf-tune: texts, lists, parameters, settings. The records are those of wit/, see bindings/. */
#ifndef RALF_TUNE_H
#define RALF_TUNE_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kind.h"

#ifdef __GNUC__
#define RT_HELPER __attribute__((unused)) static
#define RT_PRINTS(text, first) __attribute__((format(printf, text, first)))
#else
#define RT_HELPER static
#define RT_PRINTS(text, first)
#endif

/* ---- Failing: the user sees the text and the place, and the study goes on without this call. ---- */

_Noreturn RT_HELPER void rt_panic(const char *file, int line, const char *what) {
    char message[512];
    snprintf(message, sizeof message, "panicked at %s:%d: %s", file, line, what);
#ifdef __wasm__
    rt_string text = {(uint8_t *)message, strlen(message)};
    ralf_tune_log_log(RALF_TUNE_TYPES_LEVEL_WARN, &text);
    __builtin_trap();
#else
    fprintf(stderr, "%s\n", message);
    exit(101);
#endif
}

#undef assert
#define assert(condition) ((condition) ? (void)0 : rt_panic(__FILE__, __LINE__, "assertion failed: " #condition))
#define abort() rt_panic(__FILE__, __LINE__, "aborted")

/* ---- Lists and texts. All memory comes from malloc, and the host frees what a plugin returns. ---- */

RT_HELPER void *rt_grown(void *items, size_t *length, size_t size) {
    void *larger = realloc(items, (*length + 1) * size);
    if (!larger) rt_panic(__FILE__, __LINE__, "out of memory");
    *length += 1;
    return larger;
}

/* Adds an item to a list: RT_PUSH(&list, item). */
#define RT_PUSH(list, ...) \
    ((list)->ptr = rt_grown((list)->ptr, &(list)->len, sizeof *(list)->ptr), (void)((list)->ptr[(list)->len - 1] = (__VA_ARGS__)))

/* A text, as printf makes it. */
RT_PRINTS(1, 2) RT_HELPER rt_string rt_text(const char *format, ...) {
    va_list values;
    va_start(values, format);
    int length = vsnprintf(NULL, 0, format, values);
    va_end(values);
    char *text = malloc((size_t)length + 1);
    if (!text) rt_panic(__FILE__, __LINE__, "out of memory");
    va_start(values, format);
    vsnprintf(text, (size_t)length + 1, format, values);
    va_end(values);
    return (rt_string){(uint8_t *)text, (size_t)length};
}

/* Says something to whoever debugs the plugin; in native tests, to standard error. */
RT_HELPER void rt_log(const char *message) {
#ifdef __wasm__
    rt_string text = {(uint8_t *)message, strlen(message)};
    ralf_tune_log_log(RALF_TUNE_TYPES_LEVEL_INFO, &text);
#else
    fprintf(stderr, "%s\n", message);
#endif
}

RT_HELPER bool rt_is(rt_string text, const char *other) {
    return text.len == strlen(other) && memcmp(text.ptr, other, text.len) == 0;
}

/* How often one text is in another. Texts do not end with a zero byte, so the functions of string.h do not fit. */
RT_HELPER size_t rt_count(rt_string text, const char *wanted) {
    size_t length = strlen(wanted), found = 0;
    for (size_t at = 0; length > 0 && at + length <= text.len; at++)
        found += memcmp(text.ptr + at, wanted, length) == 0;
    return found;
}

/* ---- The manifest. ---- */

RT_HELPER void rt_name(rt_manifest *manifest, const char *name, const char *version, const char *summary) {
    *manifest = (rt_manifest){.name = rt_text("%s", name), .version = rt_text("%s", version), .summary = rt_text("%s", summary)};
}

RT_HELPER void rt_parameter(rt_manifest *manifest, const char *name, rt_value value, const char *help) {
    RT_PUSH(&manifest->parameters,
            (ralf_tune_types_parameter_t){.name = rt_text("%s", name), .help = rt_text("%s", help), .default_ = value});
}

/* A parameter that is a number, with its default, its least and its greatest value. */
RT_HELPER void rt_number_parameter(rt_manifest *manifest, const char *name, double value, double low, double high,
                                   const char *help) {
    rt_parameter(manifest, name, (rt_value){.tag = RALF_TUNE_TYPES_VALUE_NUMBER, .val.number = value}, help);
    ralf_tune_types_parameter_t *last = &manifest->parameters.ptr[manifest->parameters.len - 1];
    last->low.is_some = last->high.is_some = true;
    last->low.val = low;
    last->high.val = high;
}

/* A parameter that is a text. */
RT_HELPER void rt_text_parameter(rt_manifest *manifest, const char *name, const char *value, const char *help) {
    rt_parameter(manifest, name, (rt_value){.tag = RALF_TUNE_TYPES_VALUE_TEXT, .val.text = rt_text("%s", value)}, help);
}

/* ---- Values of parameters. The host sends every one that the manifest has. ---- */

RT_HELPER double rt_number(const rt_arguments *arguments, const char *name) {
    for (size_t i = 0; i < arguments->len; i++) {
        const rt_value *value = &arguments->ptr[i].value;
        if (!rt_is(arguments->ptr[i].name, name)) continue;
        if (value->tag == RALF_TUNE_TYPES_VALUE_NUMBER) return value->val.number;
        if (value->tag == RALF_TUNE_TYPES_VALUE_INTEGER) return (double)value->val.integer;
    }
    return 0.0;
}

RT_HELPER rt_string rt_text_of(const rt_arguments *arguments, const char *name) {
    for (size_t i = 0; i < arguments->len; i++)
        if (rt_is(arguments->ptr[i].name, name) && arguments->ptr[i].value.tag == RALF_TUNE_TYPES_VALUE_TEXT)
            return arguments->ptr[i].value.val.text;
    return (rt_string){NULL, 0};
}

/* The defaults of the manifest, for tests. */
RT_HELPER rt_arguments rt_defaults(void) {
    rt_manifest manifest;
    rt_arguments arguments = {NULL, 0};
    rt_describe(&manifest);
    for (size_t i = 0; i < manifest.parameters.len; i++)
        RT_PUSH(&arguments, (ralf_tune_types_argument_t){manifest.parameters.ptr[i].name, manifest.parameters.ptr[i].default_});
    return arguments;
}

/* ---- Settings, by the keys of the user's configuration. ---- */

/* The value of a setting; 0 when the host does not know it. */
RT_HELPER double rt_setting(const rt_settings *settings, const char *name) {
    for (size_t i = 0; i < settings->len; i++)
        if (rt_is(settings->ptr[i].name, name)) return settings->ptr[i].value;
    return 0.0;
}

RT_HELPER void rt_set(rt_settings *settings, const char *name, double value) {
    RT_PUSH(settings, (ralf_tune_types_setting_t){rt_text("%s", name), value});
}

#endif
