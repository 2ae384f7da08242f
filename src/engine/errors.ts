/** What can go wrong between a Spec and an engine. Each class keeps its facts as data and prints one line. */

import type { Explanation } from "../verifier/explain/explanation.ts";

/** A map operation that failed. `code` names the cause, whichever engine it happened in. */
export class MapError extends Error {
  override readonly name = "MapError";
  readonly map: string;
  /** `busy`: others change it too fast; try again. */
  readonly code: "full" | "exists" | "not-found" | "unsupported" | "invalid" | "memory" | "closed" | "busy";
  /** Of an operation on many entries: how many were done before the one that failed. Those stay done. */
  readonly count: number;

  constructor(map: string, code: MapError["code"], message: string, options: MapErrorOptions = {}) {
    super(message, options);
    this.map = map;
    this.code = code;
    this.count = options.count ?? 0;
  }

  /** The same error of an operation on many entries. */
  after(count: number): MapError {
    const { map, code, message, cause } = this;
    return new MapError(map, code, message, { cause, count });
  }
}

export interface MapErrorOptions extends ErrorOptions {
  readonly count?: number;
}

/** This engine, or this kernel, does not have what was asked. */
export class FeatureError extends Error {
  override readonly name = "FeatureError";
  /** What is missing, in the kernel's words, e.g. `BPF_LINK_TYPE_XDP`. */
  readonly feature: string;
  /** First kernel version that has it, e.g. `5.9`, or null when the engine is not a kernel. */
  readonly since: string | null;

  constructor(feature: string, since: string | null, message: string, options?: ErrorOptions) {
    super(message, options);
    this.feature = feature;
    this.since = since;
  }
}

/** This process may not do that: the message names the capability or the setting. */
export class PrivilegeError extends Error {
  override readonly name = "PrivilegeError";
  /** What stands in the way. `unknown`: the kernel said no, and nothing on the machine says why. */
  readonly reason: "capability" | "user namespace" | "seccomp" | "lockdown" | "memory limit" | "unknown";
  /** Capabilities that this process lacks, e.g. `CAP_BPF`; none where another reason stands in the way. */
  readonly missing: readonly string[];
  /** The verifier's whole log, line by line, where that refused what the reason forbids; else empty. */
  readonly log: readonly string[];

  constructor(message: string, { reason = "unknown", missing = [], log = [], ...options }: PrivilegeErrorOptions = {}) {
    super(message, options);
    this.reason = reason;
    this.missing = missing;
    this.log = log;
  }
}

export interface PrivilegeErrorOptions extends ErrorOptions {
  readonly reason?: PrivilegeError["reason"];
  readonly missing?: readonly string[];
  readonly log?: readonly string[];
}

/** The kernel has no such program, map, link, BTF object or control group, or a name means several of them; the message lists what was near. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
  readonly kind: "program" | "map" | "link" | "btf" | "cgroup";
  /** As it was asked for: a number, a name or a path. */
  readonly reference: number | string;

  constructor(kind: NotFoundError["kind"], reference: number | string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.reference = reference;
  }
}

/** A hook that cannot be attached to: no such interface, another program there, ... */
export class AttachError extends Error {
  override readonly name = "AttachError";
}

/** A name in the bpf file system that cannot be given, opened or removed. */
export class PinError extends Error {
  override readonly name = "PinError";
  readonly path: string;
  /**
   * `file-system`: there is no bpf file system at that path; `kind`: what is pinned there is something else; `name`: a name that kernels do
   * not take.
   */
  readonly code: "exists" | "not-found" | "file-system" | "kind" | "name" | "other";

  constructor(path: string, code: PinError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
    this.code = code;
  }
}

/**
 * A verifier refused a program. The message is one line; `log` is the whole log, line by line; `explanation` says what went wrong, how
 * it came to that and what to write instead, or is null where there is nothing to explain.
 */
export class VerifierError extends Error {
  override readonly name = "VerifierError";
  readonly program: string;
  readonly log: readonly string[];
  readonly explanation: Explanation | null;

  constructor(program: string, log: readonly string[], message: string, options: VerifierErrorOptions = {}) {
    super(message, options);
    this.program = program;
    this.log = log;
    this.explanation = options.explanation ?? null;
  }
}

export interface VerifierErrorOptions extends ErrorOptions {
  readonly explanation?: Explanation;
}

/** What an iterator program wrote cannot be read on: one object's output is too long, or the program wants it again and again. */
export class IterationError extends Error {
  override readonly name = "IterationError";
  readonly program: string;
  /** As the kernel's `read` says it. */
  readonly code: "E2BIG" | "EAGAIN";

  constructor(program: string, code: IterationError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.program = program;
    this.code = code;
  }
}

/** A program of the embedded engine that did what no verified program does: it was stopped, the host is unharmed. */
export class FaultError extends Error {
  override readonly name = "FaultError";
  readonly program: string;
  /** The slot of the instruction at fault. */
  readonly slot: number;

  constructor(program: string, slot: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.program = program;
    this.slot = slot;
  }
}

/** Descriptors that cannot be handed from one process to another: nobody lends there, what came is not what was expected, … */
export class LendError extends Error {
  override readonly name = "LendError";
}
