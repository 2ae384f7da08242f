/**
 * Follows the spin lock along the statements of a function: on every path it is given back, once, and nothing is called while
 * it is held. Kernels refuse a program otherwise, and tell less.
 */

import type { Reporter, Span } from "./report.ts";
import type { Expression, FunctionDeclaration, JumpTarget, Statement } from "./tree.ts";
import { forEachPart } from "./tree-walk.ts";

/** What may be true: bits. */
const FREE = 1;
const HELD = 2;

/** What may be true here; 0 where no path leads. */
type State = number;

export function checkLocks(reporter: Reporter, declaration: FunctionDeclaration): void {
  new LockCheck(reporter).run(declaration);
}

class LockCheck {
  readonly #reporter: Reporter;
  readonly #breaks = new Map<JumpTarget, State>();
  readonly #continues = new Map<JumpTarget, State>();
  #heldAt: Span | null = null;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  run({ body, at }: FunctionDeclaration): void {
    const end = this.#list(FREE, body);
    // Most functions have no locks.
    if (this.#heldAt !== null) this.#leave(end, at);
  }

  #leave(state: State, at: Span): void {
    if ((state & HELD) === 0) return;
    const line = this.#heldAt?.line ?? at.line;
    this.#refuse(
      at,
      `the lock that is taken in line ${line} is still held where the function ends here`,
      "give it back on every path: bpf_spin_unlock(value.lock)",
    );
  }

  #refuse(at: Span, problem: string, instead: string): void {
    this.#reporter.report("SK2407", at, { problem, instead });
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
    if (value.kind === "special-call") {
      for (const argument of value.arguments) if (argument.kind === "value") state = this.#uses(state, argument.value);
      if (value.name === "bpf_spin_lock") {
        if ((state & HELD) !== 0)
          this.#refuse(
            value.at,
            `a lock is held already, since line ${this.#heldAt?.line ?? value.at.line}`,
            "give that one back first",
          );
        this.#heldAt = value.at;
        return HELD;
      }
      if (value.name === "bpf_spin_unlock") {
        if ((state & FREE) !== 0)
          this.#refuse(value.at, "the lock may not be held here", "take it first, on every path: bpf_spin_lock(value.lock)");
        return FREE;
      }
    }
    if ((state & HELD) !== 0 && calls(value)) {
      const line = this.#heldAt?.line ?? value.at.line;
      this.#refuse(
        value.at,
        `something is called while the lock is held, since line ${line}`,
        "do it before or after, and keep the result in a const",
      );
    }
    return state;
  }
}

/** Whether an expression is a call of the kernel, which it refuses while a lock is held. */
function calls({ kind }: Expression): boolean {
  return (
    kind.startsWith("map-") ||
    kind === "helper" ||
    kind === "special-call" ||
    kind === "call-back" ||
    kind === "print" ||
    kind === "extern"
  );
}
