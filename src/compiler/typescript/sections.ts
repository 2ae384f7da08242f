/**
 * Follows what is taken and must be given back along the statements of a function: on every path, once. Kernels refuse a program otherwise, and
 * tell less. What that is, rules say (locks.ts, held.ts).
 */

import type { Reporter, Span } from "./report.ts";
import type { Expression, FunctionDeclaration, JumpTarget, Statement } from "./tree.ts";
import { forEachPart } from "./tree-walk.ts";

export interface Rule {
  readonly code: "SK2407" | "SK2408";
  /** What an expression itself does. */
  readonly does: (value: Expression) => "takes" | "gives" | null;
  /** What may not be done while it is held. */
  readonly forbids: (value: Expression) => boolean;
  readonly told: {
    readonly atEnd: (line: number) => Advice;
    readonly twice: (line: number) => Advice;
    readonly free: () => Advice;
    readonly forbidden: (line: number) => Advice;
  };
}

export interface Advice {
  readonly problem: string;
  readonly instead: string;
}

/** What may be true: bits. */
const FREE = 1;
const HELD = 2;

/** What may be true here; 0 where no path leads. */
type State = number;

export function follow(reporter: Reporter, declaration: FunctionDeclaration, rule: Rule): void {
  new SectionCheck(reporter, rule).run(declaration);
}

class SectionCheck {
  readonly #reporter: Reporter;
  readonly #rule: Rule;
  readonly #breaks = new Map<JumpTarget, State>();
  readonly #continues = new Map<JumpTarget, State>();
  #heldAt: Span | null = null;

  constructor(reporter: Reporter, rule: Rule) {
    this.#reporter = reporter;
    this.#rule = rule;
  }

  run({ body, at }: FunctionDeclaration): void {
    const end = this.#list(FREE, body);
    // Most functions take nothing.
    if (this.#heldAt !== null) this.#leave(end, at);
  }

  #leave(state: State, at: Span): void {
    if ((state & HELD) === 0) return;
    this.#refuse(at, this.#rule.told.atEnd(this.#heldAt?.line ?? at.line));
  }

  #refuse(at: Span, advice: Advice): void {
    this.#reporter.report(this.#rule.code, at, { ...advice });
  }

  #list(before: State, list: readonly Statement[]): State {
    return list.reduce((state, statement) => (state === 0 ? 0 : this.#statement(state, statement)), before);
  }

  #statement(state: State, statement: Statement): State {
    switch (statement.kind) {
      case "if": {
        const asked = this.#uses(state, statement.test);
        const then = this.#list(asked, [statement.then]);
        return then | (statement.otherwise === null ? asked : this.#list(asked, [statement.otherwise]));
      }
      case "loop":
        return this.#turns(this.#list(state, statement.initial), statement.target, (head) => {
          const asked = statement.test === null || statement.atEnd ? head : this.#uses(head, statement.test);
          const body = this.#list(asked, [statement.body]) | (this.#continues.get(statement.target) ?? 0);
          const updated = this.#list(body, statement.update);
          return statement.test !== null && statement.atEnd ? this.#uses(updated, statement.test) : updated;
        });
      case "iterate": {
        const begun = this.#uses(this.#uses(state, statement.from), statement.to);
        return this.#turns(
          begun,
          statement.target,
          (head) => this.#list(head, [statement.body]) | (this.#continues.get(statement.target) ?? 0),
        );
      }
      case "each":
        return this.#turns(
          statement.arguments.reduce((before, value) => this.#uses(before, value), state),
          statement.target,
          (head) => this.#list(head, [statement.body]) | (this.#continues.get(statement.target) ?? 0),
        );
      case "switch": {
        const asked = this.#uses(state, statement.value);
        let falling: State = 0;
        for (const { body } of statement.cases) falling = this.#list(asked | falling, body);
        const hasDefault = statement.cases.some(({ value }) => value === null);
        return falling | (hasDefault ? 0 : asked) | (this.#breaks.get(statement.target) ?? 0);
      }
      case "labelled":
        return this.#list(state, [statement.body]) | (this.#breaks.get(statement.target) ?? 0);
      case "block":
        return this.#list(state, statement.body);
      case "break":
      case "continue": {
        const known = statement.kind === "break" ? this.#breaks : this.#continues;
        known.set(statement.target, (known.get(statement.target) ?? 0) | state);
        return 0;
      }
      case "return":
        this.#leave(statement.value === null ? state : this.#uses(state, statement.value), statement.at);
        return 0;
      case "assign":
      case "update":
        return this.#uses(this.#uses(state, statement.value), statement.target);
      case "declare":
      case "evaluate":
        return this.#uses(state, statement.value);
    }
  }

  /** There are two facts, so that it settles at once. */
  #turns(before: State, target: JumpTarget, turn: (head: State) => State): State {
    let head = before;
    for (let next = head | turn(head); next !== head; next = head | turn(head)) head = next;
    return head | (this.#breaks.get(target) ?? 0);
  }

  #uses(before: State, value: Expression): State {
    let state = before;
    forEachPart(value, (part) => {
      state = this.#uses(state, part);
    });
    // Arguments that stand in a list of another kind of thing.
    if (value.kind === "special-call")
      for (const argument of value.arguments) if (argument.kind === "value") state = this.#uses(state, argument.value);
    const line = this.#heldAt?.line ?? value.at.line;
    const { does, forbids, told } = this.#rule;
    const done = does(value);
    if (done === "takes") {
      if ((state & HELD) !== 0) this.#refuse(value.at, told.twice(line));
      this.#heldAt = value.at;
      return HELD;
    }
    if (done === "gives") {
      if ((state & FREE) !== 0) this.#refuse(value.at, told.free());
      return FREE;
    }
    if ((state & HELD) !== 0 && forbids(value)) this.#refuse(value.at, told.forbidden(line));
    return state;
  }
}
