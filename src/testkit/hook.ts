/** An application's hook in a test: its programs are attached, and asked. */

import type { Hook } from "../engine/embedded/hooks/hook.ts";
import { AssertionError } from "./assertion-error.ts";
import { equal, show } from "./values.ts";

export class HookResult<Context, Verdict> {
  readonly verdict: Verdict;
  /** What was given, with what the programs wrote to its writable fields. */
  readonly context: Context;
  readonly #hook: string;

  constructor(hook: string, verdict: Verdict, context: Context) {
    this.#hook = hook;
    this.verdict = verdict;
    this.context = context;
  }

  expectVerdict(expected: Verdict): this {
    if (Object.is(this.verdict, expected)) return this;
    const message = `${this.#hook}: verdict: expected ${show(expected)}, found ${show(this.verdict)}`;
    throw new AssertionError(message, { actual: this.verdict, expected, operator: "expectVerdict" }, this.expectVerdict);
  }

  /** Some fields of the context after the run. */
  expectContext(fields: Partial<Context>): this {
    const actual = this.context as Record<string, unknown>;
    const lines = Object.entries(fields)
      .filter(([name, value]) => !equal(value, actual[name]))
      .map(([name, value]) => `${name}: expected ${show(value)}, found ${show(actual[name])}`);
    if (lines.length === 0) return this;
    const facts = { actual, expected: fields, operator: "expectContext" };
    throw new AssertionError(`${this.#hook}:\n  ${lines.join("\n  ")}`, facts, this.expectContext);
  }
}

export class TestHook<Context, Verdict extends number | boolean> {
  readonly hook: Hook<Context, Verdict>;

  constructor(hook: Hook<Context, Verdict>) {
    this.hook = hook;
  }

  /** The argument stays as it is; the result has a copy that the programs may have written to. */
  run(context: Context): HookResult<Context, Verdict> {
    const copy = { ...context };
    return new HookResult(this.hook.name, this.hook.run(copy), copy);
  }
}
