/**
 * Assigns registers by colouring the interference graph: iterated register coalescing.
 *
 * George and Appel, "Iterated Register Coalescing", 1996: nodes of low degree are set aside, moves are coalesced where that
 * cannot make the graph harder to colour (Briggs' test, or George's where one side is a physical register), a node of high
 * degree is set aside in the hope of a colour when nothing else is left. What finds none is spilled.
 */

import type { Interference } from "./interference.ts";
import { ALLOCATABLE, FIRST_VIRTUAL, type Register } from "./machine.ts";

export interface Coloring {
  /** The physical register of each; -1 for those to be spilled, and for registers that do not occur. */
  readonly colors: Int8Array;
  /** Registers to be spilled; those of one group are never needed at once and share a place. */
  readonly spilled: readonly (readonly Register[])[];
}

/** r0 … r5 first: what lives across a call has lost them by interference, and nothing else should hold r6 … r9. */
const PREFERENCE: readonly Register[] = [1, 2, 3, 4, 5, 0, 6, 7, 8, 9];

/** A physical register is never set aside. */
const PHYSICAL_DEGREE = 0x7fffffff;

/** Where a node is: in one of the work lists, set aside on the stack, or merged into another. */
const LOW = 1;
const FREEZE = 2;
const HIGH = 3;
const STACKED = 4;
const MERGED = 5;

/** Where a move is: to be tried, waiting until its ends have a lower degree, or done with. */
const READY = 0;
const WAITING = 1;
const DONE = 2;

/** `cost` is what spilling a register costs; infinite for one that must not be. */
export function color(graph: Interference, cost: Float64Array): Coloring {
  return new Colorer(graph, cost).run();
}

class Colorer {
  readonly #graph: Interference;
  readonly #cost: Float64Array;
  readonly #state: Uint8Array;
  readonly #degree: Int32Array;
  readonly #alias: Int32Array;
  readonly #stack: Register[] = [];
  // Work lists hold a node at least once while its state names the list; entries whose state has moved on are skipped.
  readonly #low: Register[] = [];
  readonly #freeze: Register[] = [];
  readonly #high = new Set<Register>();
  readonly #movesOf: number[][];
  readonly #moveState: Uint8Array;
  readonly #ready: number[] = [];

  constructor(graph: Interference, cost: Float64Array) {
    this.#graph = graph;
    this.#cost = Float64Array.from(cost);
    this.#state = new Uint8Array(graph.size);
    this.#degree = new Int32Array(graph.size);
    this.#alias = Int32Array.from({ length: graph.size }, (_, index) => index);
    this.#movesOf = Array.from({ length: graph.size }, () => []);
    this.#moveState = new Uint8Array(graph.moves.length);
  }

  run(): Coloring {
    const graph = this.#graph;
    // The heaviest moves last: they are taken from the end.
    const byWeight = graph.moves.map((_, index) => index).sort((a, b) => graph.moves[a]!.weight - graph.moves[b]!.weight);
    for (const move of byWeight) {
      this.#ready.push(move);
      this.#movesOf[graph.moves[move]!.to]!.push(move);
      this.#movesOf[graph.moves[move]!.from]!.push(move);
    }
    for (let node = 0; node < graph.size; node++) {
      this.#degree[node] = node < FIRST_VIRTUAL ? PHYSICAL_DEGREE : graph.neighbours[node]!.length;
      if (node >= FIRST_VIRTUAL && graph.weight[node]! > 0) this.#file(node);
    }
    for (;;) {
      if (this.#simplify()) continue;
      if (this.#coalesce()) continue;
      if (this.#freezeOne()) continue;
      if (!this.#selectHigh()) break;
    }
    return this.#assign();
  }

  /** Puts a node where its degree and moves belong. */
  #file(node: Register): void {
    if (this.#degree[node]! >= ALLOCATABLE) {
      this.#state[node] = HIGH;
      this.#high.add(node);
    } else if (this.#hasMoves(node)) {
      this.#state[node] = FREEZE;
      this.#freeze.push(node);
    } else {
      this.#state[node] = LOW;
      this.#low.push(node);
    }
  }

  #isActive(node: Register): boolean {
    return this.#state[node] !== STACKED && this.#state[node] !== MERGED;
  }

  #hasMoves(node: Register): boolean {
    return this.#movesOf[node]!.some((move) => this.#moveState[move] !== DONE);
  }

  #simplify(): boolean {
    for (let node = this.#low.pop(); node !== undefined; node = this.#low.pop()) {
      if (this.#state[node] !== LOW) continue;
      this.#setAside(node);
      return true;
    }
    return false;
  }

  #setAside(node: Register): void {
    this.#state[node] = STACKED;
    this.#stack.push(node);
    for (const neighbour of this.#graph.neighbours[node]!) if (this.#isActive(neighbour)) this.#lower(neighbour);
  }

  /** A neighbour went: the node may have become easy. */
  #lower(node: Register): void {
    if (node < FIRST_VIRTUAL) return;
    const degree = this.#degree[node]!--;
    if (degree !== ALLOCATABLE || this.#state[node] !== HIGH) return;
    this.#wake(node);
    for (const neighbour of this.#graph.neighbours[node]!) if (this.#isActive(neighbour)) this.#wake(neighbour);
    this.#high.delete(node);
    this.#file(node);
  }

  #wake(node: Register): void {
    for (const move of this.#movesOf[node]!) {
      if (this.#moveState[move] !== WAITING) continue;
      this.#moveState[move] = READY;
      this.#ready.push(move);
    }
  }

  #coalesce(): boolean {
    for (let move = this.#ready.pop(); move !== undefined; move = this.#ready.pop()) {
      if (this.#moveState[move] !== READY) continue;
      let [u, v] = [this.#find(this.#graph.moves[move]!.to), this.#find(this.#graph.moves[move]!.from)];
      if (v < FIRST_VIRTUAL) [u, v] = [v, u];
      if (u === v || v < FIRST_VIRTUAL || this.#graph.has(u, v)) {
        this.#moveState[move] = DONE;
        this.#relax(u);
        this.#relax(v);
      } else if (u < FIRST_VIRTUAL ? this.#georgeAllows(u, v) : this.#briggsAllows(u, v)) {
        this.#moveState[move] = DONE;
        this.#merge(u, v);
        this.#relax(u);
      } else {
        this.#moveState[move] = WAITING;
      }
      return true;
    }
    return false;
  }

  /** A node whose last move is done can be set aside. */
  #relax(node: Register): void {
    if (node < FIRST_VIRTUAL || this.#state[node] !== FREEZE || this.#hasMoves(node)) return;
    this.#state[node] = LOW;
    this.#low.push(node);
  }

  /** Every neighbour of v is easy, or excludes the physical register already. */
  #georgeAllows(physical: Register, v: Register): boolean {
    return this.#graph.neighbours[v]!.every(
      (t) => !this.#isActive(t) || t < FIRST_VIRTUAL || this.#degree[t]! < ALLOCATABLE || this.#graph.has(t, physical),
    );
  }

  /** The merged node would have fewer difficult neighbours than there are registers. */
  #briggsAllows(u: Register, v: Register): boolean {
    let difficult = 0;
    for (const t of this.#graph.neighbours[u]!) {
      // A neighbour of both loses one by the merger.
      const degree = this.#degree[t]! - (t >= FIRST_VIRTUAL && this.#graph.has(t, v) ? 1 : 0);
      if (this.#isActive(t) && degree >= ALLOCATABLE) difficult++;
    }
    for (const t of this.#graph.neighbours[v]!) {
      if (this.#isActive(t) && !this.#graph.has(t, u) && this.#degree[t]! >= ALLOCATABLE) difficult++;
    }
    return difficult < ALLOCATABLE;
  }

  #merge(u: Register, v: Register): void {
    this.#high.delete(v);
    this.#state[v] = MERGED;
    this.#alias[v] = u;
    this.#cost[u]! += this.#cost[v]!;
    this.#movesOf[u]!.push(...this.#movesOf[v]!);
    this.#wake(v);
    for (const t of this.#graph.neighbours[v]!) {
      if (!this.#isActive(t)) {
        // Still a neighbour when colours are chosen.
        this.#graph.add(t, u);
        continue;
      }
      if (this.#graph.add(t, u)) {
        if (u >= FIRST_VIRTUAL) this.#degree[u]!++;
        // t has u for v: its degree stays.
      } else {
        this.#lower(t);
      }
    }
    if (u >= FIRST_VIRTUAL && this.#degree[u]! >= ALLOCATABLE && this.#state[u] === FREEZE) {
      this.#state[u] = HIGH;
      this.#high.add(u);
    }
  }

  /** Gives up the moves of one easy node, so that it can be set aside. */
  #freezeOne(): boolean {
    for (let node = this.#freeze.pop(); node !== undefined; node = this.#freeze.pop()) {
      if (this.#state[node] !== FREEZE) continue;
      this.#state[node] = LOW;
      this.#low.push(node);
      this.#abandonMoves(node);
      return true;
    }
    return false;
  }

  #abandonMoves(node: Register): void {
    for (const move of this.#movesOf[node]!) {
      if (this.#moveState[move] === DONE) continue;
      this.#moveState[move] = DONE;
      const { to, from } = this.#graph.moves[move]!;
      this.#relax(this.#find(to));
      this.#relax(this.#find(from));
    }
  }

  /** Sets aside the difficult node that is cheapest to spill for the neighbours it frees. */
  #selectHigh(): boolean {
    let best = -1;
    let price = Number.POSITIVE_INFINITY;
    for (const node of this.#high) {
      const candidate = this.#cost[node]! / this.#degree[node]!;
      if (best !== -1 && candidate >= price) continue;
      best = node;
      price = candidate;
    }
    if (best === -1) return false;
    this.#high.delete(best);
    this.#state[best] = LOW;
    this.#low.push(best);
    this.#abandonMoves(best);
    return true;
  }

  #find(node: Register): Register {
    let root = node;
    while (this.#alias[root] !== root) root = this.#alias[root]!;
    return root;
  }

  #assign(): Coloring {
    const colors = new Int8Array(this.#graph.size).fill(-1);
    for (let register = 0; register < FIRST_VIRTUAL; register++) colors[register] = register;
    const failed = new Set<Register>();
    for (let node = this.#stack.pop(); node !== undefined; node = this.#stack.pop()) {
      let taken = 0;
      for (const neighbour of this.#graph.neighbours[node]!) {
        const chosen = colors[this.#find(neighbour)]!;
        if (chosen >= 0) taken |= 1 << chosen;
      }
      const chosen = this.#choose(node, taken, colors);
      if (chosen === undefined) failed.add(node);
      else colors[node] = chosen;
    }
    const spilled = new Map<Register, Register[]>();
    for (let node = FIRST_VIRTUAL; node < this.#graph.size; node++) {
      if (this.#state[node] === 0) continue;
      const root = this.#find(node);
      colors[node] = colors[root]!;
      if (!failed.has(root)) continue;
      const group = spilled.get(root);
      if (group === undefined) spilled.set(root, [node]);
      else group.push(node);
    }
    return { colors, spilled: [...spilled.values()] };
  }

  /** The register of a move's other end where that is free: a move that could not be coalesced may still vanish. */
  #choose(node: Register, taken: number, colors: Int8Array): Register | undefined {
    for (const move of this.#movesOf[node]!) {
      const { to, from } = this.#graph.moves[move]!;
      const other = this.#find(to) === node ? this.#find(from) : this.#find(to);
      const wanted = colors[other]!;
      if (wanted >= 0 && wanted < ALLOCATABLE && ((taken >> wanted) & 1) === 0) return wanted;
    }
    return PREFERENCE.find((register) => ((taken >> register) & 1) === 0);
  }
}
