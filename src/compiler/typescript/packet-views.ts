/**
 * Checks views of the packet: after a helper that moves the packet, those that were made before are void, and where the hook
 * does not let programs write to it none is assigned through. A verifier refuses both, for reasons that are hard to read.
 *
 * What is followed is which names may be void, along the statements of a function; where paths meet, the sets are united.
 */

import { calledHelper, movesPacket } from "./called-helpers.ts";
import type { Reporter, Span } from "./report.ts";
import type { Expression, FunctionDeclaration, JumpTarget, Local, Place, ProgramDeclaration, Statement } from "./tree.ts";
import { forEachPart, walk } from "./tree-walk.ts";
import type { ValueType } from "./types.ts";

/** Names that may be void, and what made them so; null where no path leads. */
type State = ReadonlyMap<Local, Move> | null;

interface Move {
  /** The helper, or the function that calls one. */
  readonly name: string;
  readonly at: Span;
}

/** By function: whether calling it may move the packet. */
const moving = new WeakMap<FunctionDeclaration, boolean>();

function moves(fn: FunctionDeclaration): boolean {
  const known = moving.get(fn);
  if (known !== undefined) return known;
  let found = false;
  walk(fn.body, (node) => {
    found ||= "kind" in node && moveOf(node as Expression) !== null;
  });
  moving.set(fn, found);
  return found;
}

/** What an expression by itself does to the packet, its parts not included. */
function moveOf(node: Expression): Move | null {
  const { at } = node;
  const helper = calledHelper(node);
  if (helper !== null && movesPacket(helper)) return { name: helper, at };
  const called = node.kind === "call" ? node.function : node.kind === "call-back" ? node.callback.function : null;
  return called !== null && moves(called) ? { name: called.name, at } : null;
}

function isView(type: ValueType): boolean {
  return type.kind === "reference" && type.memory === "packet";
}

/** Reports uses of views that may be void. */
export function checkViews(reporter: Reporter, declaration: FunctionDeclaration): void {
  if (moves(declaration)) new ViewCheck(reporter, declaration).run();
}

interface Target {
  breaks: State;
  continues: State;
}

function united(a: State, b: State): State {
  if (a === null || b === null) return a ?? b;
  return b.size === 0 ? a : new Map([...a, ...b]);
}

class ViewCheck {
  readonly #reporter: Reporter;
  readonly #declaration: FunctionDeclaration;
  readonly #views: Set<Local>;
  readonly #targets = new Map<JumpTarget, Target>();
  readonly #told = new Set<Span>();

  constructor(reporter: Reporter, declaration: FunctionDeclaration) {
    this.#reporter = reporter;
    this.#declaration = declaration;
    this.#views = new Set(declaration.parameters.filter(({ type }) => isView(type)));
  }

  run(): void {
    this.#statements(this.#declaration.body, new Map());
  }

  #statements(list: readonly Statement[], state: State): State {
    return list.reduce<State>((before, statement) => (before === null ? null : this.#statement(statement, before)), state);
  }

  #statement(statement: Statement, state: State): State {
    switch (statement.kind) {
      case "declare":
        return this.#made(statement.local, this.#expression(statement.value, state));
      case "assign": {
        const { target, value } = statement;
        if (target.kind !== "local") return this.#expression(value, this.#place(target, state));
        return this.#made(target.local, this.#expression(value, state));
      }
      case "update":
        return this.#expression(statement.value, this.#place(statement.target, state));
      case "evaluate":
        return this.#expression(statement.value, state);
      case "return":
        if (statement.value !== null) this.#expression(statement.value, state);
        return null;
      case "block":
        return this.#statements(statement.body, state);
      case "if": {
        const tested = this.#expression(statement.test, state);
        const then = this.#statement(statement.then, tested);
        return united(then, statement.otherwise === null ? tested : this.#statement(statement.otherwise, tested));
      }
      case "loop":
        return this.#loop(statement, state);
      case "switch": {
        const tested = this.#expression(statement.value, state);
        const target = this.#enter(statement.target);
        let falling: State = null;
        for (const { body } of statement.cases) falling = this.#statements(body, united(tested, falling));
        const hasDefault = statement.cases.some(({ value }) => value === null);
        return united(united(falling, target.breaks), hasDefault ? null : tested);
      }
      case "labelled": {
        const target = this.#enter(statement.target);
        return united(this.#statement(statement.body, state), target.breaks);
      }
      case "break":
      case "continue": {
        const target = this.#targets.get(statement.target);
        if (target !== undefined) {
          if (statement.kind === "break") target.breaks = united(target.breaks, state);
          else target.continues = united(target.continues, state);
        }
        return null;
      }
      default:
        return this.#others(statement, state);
    }
  }

  /** Statements that other parts of the language have: their expressions, in order. */
  #others(statement: Statement, state: State): State {
    let after = state;
    walk(statement, (node) => {
      if (node.kind !== "local" && "type" in node) after = this.#moved(node as Expression, after);
    });
    return after;
  }

  #enter(target: JumpTarget): Target {
    const made: Target = { breaks: null, continues: null };
    this.#targets.set(target, made);
    return made;
  }

  /** Twice: what the first turn makes void, the second finds so. */
  #loop(statement: Extract<Statement, { kind: "loop" }>, before: State): State {
    const target = this.#enter(statement.target);
    let state = this.#statements(statement.initial, before);
    let left: State = null;
    for (let turn = 0; turn < 2; turn++) {
      const head = statement.test === null || statement.atEnd ? state : this.#expression(statement.test, state);
      if (!statement.atEnd && statement.test !== null) left = united(left, head);
      const body = united(this.#statement(statement.body, head), target.continues);
      const end = this.#statements(statement.update, body);
      const tested = statement.atEnd && statement.test !== null && end !== null ? this.#expression(statement.test, end) : end;
      if (statement.atEnd) left = united(left, tested);
      state = united(state, tested);
    }
    return united(left, target.breaks);
  }

  /** The parts of what is assigned; a name by itself is no use of what it stands for. */
  #place(target: Place, state: State): State {
    return target.kind === "local" ? state : this.#parts(target, state);
  }

  #parts(value: Expression, state: State): State {
    let after = state;
    forEachPart(value, (part) => {
      after = this.#expression(part, after);
    });
    return after;
  }

  #expression(value: Expression, state: State): State {
    if (value.kind === "local") {
      const move = state?.get(value.local);
      if (move !== undefined && !this.#told.has(value.at)) {
        this.#told.add(value.at);
        const { name } = value.local;
        this.#reporter.report("SK3203", value.at, { name, helper: move.name, line: move.at.line });
      }
      return state;
    }
    return this.#moved(value, this.#parts(value, state));
  }

  #moved(value: Expression, state: State): State {
    const move = state === null ? null : moveOf(value);
    return move === null || state === null
      ? state
      : new Map([...state, ...[...this.#views].map((view) => [view, move] as const)]);
  }

  /** A name stands for something new. */
  #made(local: Local, state: State): State {
    if (!isView(local.type)) return state;
    this.#views.add(local);
    if (state === null || !state.has(local)) return state;
    const after = new Map(state);
    after.delete(local);
    return after;
  }
}

/** Reports assignments to the packet at hooks that only let it be read; in functions that the program calls, too. */
export function checkPacketWrites(reporter: Reporter, programs: readonly ProgramDeclaration[]): void {
  const told = new Set<Span>();
  for (const { hook, context, body } of programs) {
    if (context.kind !== "kernel" || context.context.packet === null || context.context.packet.writable) continue;
    const functions = new Set([body]);
    for (const fn of functions) {
      walk(fn.body, (node) => {
        if (node.kind === "call") functions.add(node.function);
        if (node.kind === "call-back") functions.add(node.callback.function);
        if ((node.kind !== "assign" && node.kind !== "update") || told.has(node.at) || !isInPacket(node.target)) return;
        told.add(node.at);
        const what = `the packet, which programs of ${hook.name} only read: it`;
        reporter.report("SK2114", node.target.at, { what, instead: "change it at another hook (xdp, tc), or with a helper" });
      });
    }
  }
}

function isInPacket(place: Place): boolean {
  return place.kind !== "local" && isView(place.object.type);
}
