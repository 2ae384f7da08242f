/**
 * Checks that what a ring buffer reserved is handed back, submitted or discarded, exactly once on every path, and not used
 * afterwards; the kernel refuses a program otherwise, for a reason that is hard to read.
 *
 * A reservation has one name, a const. For each such name the checker follows what may be true of it (a set: null, held,
 * handed back) along the statements of the typed tree; where paths meet, the sets are united. The decisions since the
 * reservation are kept, so that a message can say on which path it was forgotten.
 */

import type { Reporter, Span } from "./report.ts";
import type { Expression, FunctionDeclaration, JumpTarget, Local, MapDeclaration, Statement } from "./tree.ts";
import { forEachPart } from "./tree-walk.ts";

/** What may be true of a reservation: bits. */
const NULL = 1;
const HELD = 2;
const GONE = 4;

interface Fate {
  readonly may: number;
  /** The decisions that led to where it is still held, in the order of the program. */
  readonly path: readonly string[];
  /** Where it was handed back last. */
  readonly goneAt: Span | null;
}

/** By the local that names it; null where no path leads. */
type State = ReadonlyMap<Local, Fate> | null;

/** What a function does to reservations, for its callers. */
export interface Handing {
  /** Parameters that it hands back, and to which map. */
  readonly parameters: ReadonlyMap<Local, MapDeclaration>;
  /** It returns a reservation of this map. */
  readonly result: MapDeclaration | null;
}

const NOTHING: Handing = { parameters: new Map(), result: null };

/** By function, once it was checked: most have nothing to do with reservations. */
const handings = new WeakMap<FunctionDeclaration, Handing>();

export function handingOf(declaration: FunctionDeclaration): Handing {
  return handings.get(declaration) ?? NOTHING;
}

/** Checks a function whose body is checked; reports what is wrong. */
export function checkReservations(reporter: Reporter, declaration: FunctionDeclaration): void {
  const check = new ReservationCheck(reporter, declaration);
  check.run();
  const handing = check.handing;
  if (handing.parameters.size > 0 || handing.result !== null) handings.set(declaration, handing);
}

interface Target {
  /** Reservations that live outside of the statement: those inside end when it is left. */
  readonly outer: ReadonlySet<Local>;
  breaks: State;
  continues: State;
}

class ReservationCheck {
  readonly #reporter: Reporter;
  readonly #declaration: FunctionDeclaration;
  readonly #maps = new Map<Local, MapDeclaration>();
  readonly #reservedAt = new Map<Local, Span>();
  /** Names of parts: `const header = e.header`. */
  readonly #aliases = new Map<Local, Local>();
  readonly #targets = new Map<JumpTarget, Target>();
  readonly #parameters = new Map<Local, MapDeclaration>();
  /** Parameters that were handed back at the end of a path, or were not. */
  readonly #ends: ReadonlyMap<Local, Fate>[] = [];
  #result: MapDeclaration | null = null;

  constructor(reporter: Reporter, declaration: FunctionDeclaration) {
    this.#reporter = reporter;
    this.#declaration = declaration;
  }

  get handing(): Handing {
    return { parameters: this.#parameters, result: this.#result };
  }

  run(): void {
    const { body, at, parameters } = this.#declaration;
    // A parameter may turn out to be somebody's reservation: it is lent until it is handed back.
    const lent = parameters.filter(({ type }) => type.kind === "reference" && type.memory === null);
    const end = this.#statements(new Map(lent.map((local) => [local, held([])])), body);
    this.#leave(end, at, "at its end");
    for (const [local, map] of this.#parameters) {
      const kept = this.#ends.some((fates) => ((fates.get(local)?.may ?? 0) & HELD) !== 0);
      if (kept) this.#reporter.report("SK3103", local.at, forgotten(local, local.at, map, "on every path of the function", []));
    }
  }

  // ── statements ────────────────────────────────────────────────────────────────────────────────────────────────────

  #statements(before: State, list: readonly Statement[]): State {
    let state = before;
    const outer = new Set(before?.keys() ?? []);
    for (const statement of list) {
      if (state === null) break;
      state = this.#statement(state, statement);
    }
    const last = list.at(-1);
    return last === undefined ? state : this.#close(state, outer, last.at, "at the end of the block");
  }

  #statement(state: State, statement: Statement): State {
    if (state === null) return null;
    switch (statement.kind) {
      case "declare":
        return this.#declare(state, statement.local, statement.value);
      case "assign":
        return this.#uses(this.#uses(state, statement.value), statement.target);
      case "update":
        return this.#uses(this.#uses(state, statement.value), statement.target);
      case "evaluate":
        return this.#uses(state, statement.value);
      case "block":
        return this.#statements(state, statement.body);
      case "if": {
        const { yes, no } = this.#test(state, statement.test);
        const then = this.#statements(yes, [statement.then]);
        const otherwise = statement.otherwise === null ? no : this.#statements(no, [statement.otherwise]);
        return join(then, otherwise);
      }
      case "loop":
        return this.#loop(state, statement);
      case "iterate":
        return this.#iterate(this.#uses(this.#uses(state, statement.from), statement.to), statement);
      case "each":
        return this.#iterate(
          statement.arguments.reduce<State>((before, value) => this.#uses(before, value), state),
          statement,
        );
      case "switch":
        return this.#switch(this.#uses(state, statement.value), statement);
      case "labelled": {
        const target = this.#open(state, statement.target);
        return join(this.#statements(state, [statement.body]), target.breaks);
      }
      case "break":
      case "continue": {
        const target = this.#targets.get(statement.target);
        if (target === undefined) return null;
        const left = this.#close(state, target.outer, statement.at, `at this ${statement.kind}`);
        if (statement.kind === "break") target.breaks = join(target.breaks, left);
        else target.continues = join(target.continues, left);
        return null;
      }
      case "return":
        this.#return(state, statement.value, statement.at);
        return null;
    }
  }

  #open(state: State, jump: JumpTarget): Target {
    const target: Target = { outer: new Set(state?.keys() ?? []), breaks: null, continues: null };
    this.#targets.set(jump, target);
    return target;
  }

  /** What is true of a reservation only grows from turn to turn, and there are eight sets: it settles. */
  #loop(before: State, statement: Extract<Statement, { kind: "loop" }>): State {
    const inner = this.#inSequence(before, statement.initial);
    const target = this.#open(inner, statement.target);
    let head = inner;
    for (;;) {
      const asked = statement.atEnd || statement.test === null ? null : this.#test(head, statement.test);
      const entered = asked === null ? head : asked.yes;
      const turned = join(this.#statements(entered, [statement.body]), target.continues);
      const updated = this.#inSequence(turned, statement.update);
      const again = statement.atEnd && statement.test !== null ? this.#test(updated, statement.test) : null;
      const next = join(head, again === null ? updated : again.yes);
      if (same(head, next)) {
        const out = statement.atEnd ? (again?.no ?? null) : (asked?.no ?? null);
        return join(out, target.breaks);
      }
      head = next;
    }
  }

  #iterate(before: State, statement: Extract<Statement, { kind: "iterate" | "each" }>): State {
    const target = this.#open(before, statement.target);
    for (let head = before; ; ) {
      const turned = join(this.#statements(head, [statement.body]), target.continues);
      const next = join(head, turned);
      if (same(head, next)) return join(head, target.breaks);
      head = next;
    }
  }

  /** Statements whose names live on behind them. */
  #inSequence(before: State, list: readonly Statement[]): State {
    return list.reduce<State>((state, statement) => this.#statement(state, statement), before);
  }

  #switch(state: State, statement: Extract<Statement, { kind: "switch" }>): State {
    const target = this.#open(state, statement.target);
    let falling: State = null;
    let hasDefault = false;
    for (const { value, body } of statement.cases) {
      if (value === null) hasDefault = true;
      falling = this.#statements(join(state, falling), body);
    }
    return join(join(falling, hasDefault ? null : state), target.breaks);
  }

  #return(state: State, value: Expression | null, at: Span): void {
    let after = state;
    const root = value === null ? null : this.#root(value);
    if (value !== null && root !== null && value.kind === "local" && this.#maps.has(root)) {
      // It goes to the caller.
      after = this.#uses(after, value);
      this.#gives(this.#maps.get(root) ?? null);
      after = set(after, root, { may: NULL, path: [], goneAt: null });
    } else if (value !== null) {
      const reserved = reservedBy(value);
      if (reserved === null) after = this.#uses(after, value);
      else this.#gives(reserved);
    }
    this.#leave(after, at, "where it returns here");
  }

  #gives(map: MapDeclaration | null): void {
    this.#result ??= map;
  }

  /** Every path out of the function: nothing may be held, except what is lent. */
  #leave(state: State, at: Span, where: string): void {
    if (state === null) return;
    this.#ends.push(state);
    this.#close(state, new Set(this.#declaration.parameters), at, where);
  }

  /** Names end here that are not in `outer`. */
  #close(state: State, outer: ReadonlySet<Local>, at: Span, where: string): State {
    if (state === null) return null;
    const left = new Map<Local, Fate>();
    for (const [local, fate] of state) {
      if (outer.has(local)) left.set(local, fate);
      else if ((fate.may & HELD) !== 0) {
        const map = this.#maps.get(local);
        if (map !== undefined)
          this.#reporter.report("SK3103", at, forgotten(local, this.#reservedAt.get(local) ?? at, map, where, fate.path));
      }
    }
    return left;
  }

  // ── expressions ───────────────────────────────────────────────────────────────────────────────────────────────────

  #declare(state: State, local: Local, value: Expression): State {
    const map = reservedBy(value);
    if (map !== null) {
      const after = value.kind === "call" ? this.#parts(state, value) : state;
      this.#maps.set(local, map);
      this.#reservedAt.set(local, value.at);
      const nullable = local.type.kind === "reference" && local.type.nullable;
      return set(after, local, { may: nullable ? NULL | HELD : HELD, path: [], goneAt: null });
    }
    const after = this.#uses(state, value);
    const root = local.type.kind === "reference" ? this.#root(value) : null;
    if (root !== null && state?.has(root) === true) this.#aliases.set(local, root);
    return after;
  }

  /** The reservation that a value is, or is a part of. */
  #root(value: Expression): Local | null {
    let part = value;
    while (part.kind === "member" || part.kind === "element" || part.kind === "bits") part = part.object;
    if (part.kind !== "local") return null;
    return this.#aliases.get(part.local) ?? part.local;
  }

  #uses(state: State, value: Expression): State {
    if (state === null) return null;
    if (value.kind === "local") {
      this.#checkUse(state, value);
      return state;
    }
    if (value.kind === "map-call" && value.method === "reserve") {
      this.#reporter.report("SK3105", value.at, { map: value.map.name });
      return state;
    }
    if (value.kind === "map-call" && (value.method === "submit" || value.method === "discard"))
      return this.#handBack(state, value);
    if (value.kind === "call") return this.#call(state, value);
    if (value.kind === "logical" || value.kind === "conditional") {
      const { yes, no } = value.kind === "logical" ? this.#test(state, value) : this.#test(state, value.test);
      if (value.kind === "logical") return join(yes, no);
      return join(this.#uses(yes, value.then), this.#uses(no, value.otherwise));
    }
    if (value.kind === "is-null" && value.operand.kind === "local") return this.#uses(state, value.operand);
    return this.#parts(state, value);
  }

  #parts(state: State, value: Expression): State {
    let after = state;
    forEachPart(value, (part) => {
      after = this.#uses(after, part);
    });
    return after;
  }

  #checkUse(state: State, value: Extract<Expression, { kind: "local" }>): void {
    const root = this.#root(value);
    const fate = root === null ? undefined : state?.get(root);
    if (root === null || fate === undefined || (fate.may & GONE) === 0) return;
    this.#reporter.report("SK3104", value.at, { name: value.local.name, line: fate.goneAt?.line ?? value.at.line });
  }

  #handBack(state: State, call: Extract<Expression, { kind: "map-call" }>): State {
    const [record] = call.arguments;
    const after = this.#parts(state, call);
    if (record?.kind !== "local") return after;
    return this.#handed(after, record, call.map, call.at);
  }

  #handed(state: State, record: Extract<Expression, { kind: "local" }>, map: MapDeclaration, at: Span): State {
    const root = this.#root(record);
    if (root === null || state?.has(root) !== true) {
      // A callback may run many times, or never.
      if (record.type.kind === "reference" && record.type.memory === "ringbuf")
        this.#reporter.report("SK3109", record.at, { name: record.local.name, map: map.name });
      return state;
    }
    const own = this.#maps.get(root);
    if (own === undefined) this.#parameters.set(root, map);
    else if (own.name !== map.name) this.#reporter.report("SK3101", record.at, { method: map.name, map: map.name });
    return set(state, root, { may: GONE, path: [], goneAt: at });
  }

  #call(state: State, call: Extract<Expression, { kind: "call" }>): State {
    let after = this.#parts(state, call);
    const { parameters, result } = handingOf(call.function);
    for (const [parameter, map] of parameters) {
      const given = call.arguments[call.function.parameters.indexOf(parameter)];
      if (given?.kind === "local" && after?.has(this.#root(given) ?? given.local) === true)
        after = this.#handed(after, given, map, call.at);
      else if (given !== undefined) this.#reporter.report("SK3101", given.at, { method: call.function.name, map: map.name });
    }
    if (result !== null) this.#reporter.report("SK3105", call.at, { map: result.name });
    return after;
  }

  /** What is true when a condition holds, and when it does not. */
  #test(state: State, test: Expression): { readonly yes: State; readonly no: State } {
    if (state === null) return { yes: null, no: null };
    switch (test.kind) {
      case "constant":
        return test.value === 0n ? { yes: null, no: state } : { yes: state, no: null };
      case "not": {
        const { yes, no } = this.#test(state, test.operand);
        return { yes: no, no: yes };
      }
      case "logical": {
        const left = this.#test(state, test.left);
        const right = this.#test(test.op === "and" ? left.yes : left.no, test.right);
        return test.op === "and"
          ? { yes: right.yes, no: join(left.no, right.no) }
          : { yes: join(left.yes, right.yes), no: right.no };
      }
      case "is-null": {
        const root = test.operand.kind === "local" ? this.#root(test.operand) : null;
        const after = this.#uses(state, test);
        const fate = root === null ? undefined : after?.get(root);
        if (root === null || fate === undefined) return decided(after, test);
        const isNull = fate.may & NULL ? set(after, root, { ...fate, may: NULL }) : null;
        const isThere = (fate.may & ~NULL) !== 0 ? set(after, root, { ...fate, may: fate.may & ~NULL }) : null;
        return test.negated ? { yes: isThere, no: isNull } : { yes: isNull, no: isThere };
      }
      default:
        return decided(this.#uses(state, test), test);
    }
  }
}

function held(path: readonly string[]): Fate {
  return { may: HELD, path, goneAt: null };
}

/** The map whose reservation an expression is. */
function reservedBy(value: Expression): MapDeclaration | null {
  if (value.kind === "map-call" && value.method === "reserve") return value.map;
  return value.kind === "call" ? handingOf(value.function).result : null;
}

function set(state: State, local: Local, fate: Fate): State {
  return state === null ? null : new Map([...state, [local, fate]]);
}

/** A decision that says nothing of a reservation is remembered for those that are held. */
function decided(state: State, test: Expression): { readonly yes: State; readonly no: State } {
  const way = (outcome: string): State =>
    state === null
      ? null
      : new Map(
          [...state].map(([local, fate]) => [
            local,
            (fate.may & HELD) === 0
              ? fate
              : { ...fate, path: [...fate.path, `the condition in line ${test.at.line} is ${outcome}`] },
          ]),
        );
  return { yes: way("true"), no: way("false") };
}

/** Where two paths meet. Of two that both hold a reservation, what they have in common led there. */
function join(a: State, b: State): State {
  if (a === null || b === null) return a ?? b;
  const joined = new Map<Local, Fate>();
  for (const [local, fate] of a) {
    const other = b.get(local);
    if (other === undefined) continue;
    const holding = [fate, other].filter(({ may }) => (may & HELD) !== 0);
    const [first, second] = holding;
    const path =
      first === undefined
        ? []
        : second === undefined
          ? first.path
          : first.path.filter((decision, index) => second.path[index] === decision);
    joined.set(local, { may: fate.may | other.may, path, goneAt: fate.goneAt ?? other.goneAt });
  }
  return joined;
}

function same(a: State, b: State): boolean {
  if (a === null || b === null) return a === b;
  return a.size === b.size && [...a].every(([local, { may }]) => b.get(local)?.may === may);
}

function forgotten(
  local: Local,
  reserved: Span,
  map: MapDeclaration,
  where: string,
  path: readonly string[],
): { name: string; line: number; map: string; where: string } {
  // Long ways are hard to follow, and their last turns are those that matter.
  const ways = path.slice(-3);
  return {
    name: local.name,
    line: reserved.line,
    map: map.name,
    where: ways.length === 0 ? where : `${where}, when ${ways.join(" and ")}`,
  };
}
