/** Typed forms: values, rules, and the messages that a person sees. */

import { useMemo, useReducer } from "react";
import type { Dispatch } from "react";

export type Rule<Value> = (value: Value, all: unknown) => string | null;

export interface FieldSpec<Value> {
  initial: Value;
  rules?: Rule<Value>[];
  parse?: (text: string) => Value;
}

export type FormSpec<Values> = { [Name in keyof Values]: FieldSpec<Values[Name]> };

interface FormState<Values> {
  values: Values;
  touched: Partial<Record<keyof Values, boolean>>;
  submitting: boolean;
}

type FormAction<Values> =
  | { kind: "change"; name: keyof Values; value: Values[keyof Values] }
  | { kind: "touch"; name: keyof Values }
  | { kind: "submit"; running: boolean }
  | { kind: "reset"; values: Values };

export const required: Rule<string> = (value) => (value.trim() === "" ? "This is needed." : null);

export function atLeast(length: number): Rule<string> {
  return (value) => (value.length < length ? `At least ${length} characters, please.` : null);
}

export function matching(pattern: RegExp, message: string): Rule<string> {
  return (value) => (pattern.test(value) ? null : message);
}

function initialValues<Values>(spec: FormSpec<Values>): Values {
  const entries = Object.entries(spec) as [string, FieldSpec<unknown>][];
  return Object.fromEntries(entries.map(([name, field]) => [name, field.initial])) as Values;
}

function reduce<Values>(state: FormState<Values>, action: FormAction<Values>): FormState<Values> {
  switch (action.kind) {
    case "change":
      return { ...state, values: { ...state.values, [action.name]: action.value } };
    case "touch":
      return { ...state, touched: { ...state.touched, [action.name]: true } };
    case "submit":
      return { ...state, submitting: action.running };
    case "reset":
      return { values: action.values, touched: {}, submitting: false };
  }
}

export function validate<Values>(spec: FormSpec<Values>, values: Values): Partial<Record<keyof Values, string>> {
  const problems: Partial<Record<keyof Values, string>> = {};
  for (const name of Object.keys(spec) as (keyof Values)[]) {
    for (const rule of spec[name].rules ?? []) {
      const message = rule(values[name], values);
      if (message !== null) {
        problems[name] = message;
        break;
      }
    }
  }
  return problems;
}

export class FormHandle<Values> {
  constructor(
    private readonly spec: FormSpec<Values>,
    private readonly state: FormState<Values>,
    private readonly dispatch: Dispatch<FormAction<Values>>,
  ) {}

  get problems() {
    return validate(this.spec, this.state.values);
  }

  get isValid(): boolean {
    return Object.keys(this.problems).length === 0;
  }

  problemOf(name: keyof Values): string | undefined {
    return this.state.touched[name] ? this.problems[name] : undefined;
  }

  change(name: keyof Values, value: Values[keyof Values]): void {
    this.dispatch({ kind: "change", name, value });
  }

  async submit(send: (values: Values) => Promise<void>): Promise<boolean> {
    if (!this.isValid || this.state.submitting) return false;
    this.dispatch({ kind: "submit", running: true });
    try {
      await send(this.state.values);
      this.dispatch({ kind: "reset", values: initialValues(this.spec) });
      return true;
    } finally {
      this.dispatch({ kind: "submit", running: false });
    }
  }
}

export function useForm<Values>(spec: FormSpec<Values>): FormHandle<Values> {
  const start: FormState<Values> = { values: initialValues(spec), touched: {}, submitting: false };
  const [state, dispatch] = useReducer(reduce<Values>, start);
  return useMemo(() => new FormHandle(spec, state, dispatch), [spec, state]);
}
