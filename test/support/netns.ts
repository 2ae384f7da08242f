/**
 * A laboratory of our own: network namespaces ("hosts") and veth pairs between them, for tests and recordings that need real
 * packets. Nothing in it ever touches an interface of the machine: both ends of a pair are made inside the namespaces.
 *
 *     await using lab = await openLab();                       // hosts "a" and "b", one link, addresses on both ends
 *     await lab.exec("a", ["ping", "-c", "1", "192.0.2.2"]);
 *
 * It is gone after `dispose`, after a failed test, `process.exit`, an uncaught exception, SIGINT, SIGTERM and SIGHUP. After a
 * SIGKILL the next `openLab` sweeps away what the dead process left (a namespace's name carries the process id of its maker).
 */

import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { sendFrames } from "./raw-socket.ts";

/** One end of a link: a veth interface inside a host. */
export interface LabEnd {
  readonly host: string;
  /** Name of the interface, at most 15 bytes. Names only need to differ within one host. */
  readonly interface: string;
  /** Addresses with prefix length, IPv4 or IPv6: `192.0.2.1/24`. Usable at once: no duplicate address detection. */
  readonly addresses?: readonly string[];
  /** MAC address; the kernel makes one up when absent. */
  readonly mac?: string;
}

export interface LabOptions {
  readonly hosts: readonly string[];
  readonly links: readonly (readonly [LabEnd, LabEnd])[];
}

/** What `openLab()` makes: two hosts and a cable, on addresses that are reserved for documentation (RFC 5737, RFC 3849). */
export const TWO_HOSTS: LabOptions = {
  hosts: ["a", "b"],
  links: [
    [
      { host: "a", interface: "veth0", mac: "02:00:00:00:00:0a", addresses: ["192.0.2.1/24", "2001:db8::1/64"] },
      { host: "b", interface: "veth0", mac: "02:00:00:00:00:0b", addresses: ["192.0.2.2/24", "2001:db8::2/64"] },
    ],
  ],
};

export interface ExecOptions {
  readonly input?: string | Uint8Array;
  /** Milliseconds until the command is killed; default 30,000. */
  readonly timeout?: number;
  /** When false, a status other than 0 is returned and not thrown. */
  readonly check?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export interface ExecResult {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of the laboratory that failed. */
export class LabError extends Error {
  override readonly name = "LabError";
  readonly command: readonly string[];
  readonly result: ExecResult | null;

  constructor(command: readonly string[], result: ExecResult | null, message: string, options?: ErrorOptions) {
    super(message, options);
    this.command = command;
    this.result = result;
  }
}

/** Why a laboratory cannot be opened here, in words for a skipped test; null when it can. Makes and removes one, once a process. */
export async function probeLab(): Promise<string | null> {
  probed ??= (async () => {
    if (process.platform !== "linux") return `network namespaces need Linux, this is ${process.platform}`;
    if (process.getuid?.() !== 0) return "network namespaces need root";
    if (spawnSync("ip", ["-Version"]).error !== undefined)
      return "the command `ip` is missing (Debian: apt-get install iproute2)";
    if (!existsSync("/proc/sys/net/ipv6")) return "this kernel has no IPv6";
    try {
      await using _lab = await openLab();
      return null;
    } catch (error) {
      return `network namespaces or veth are not possible here: ${error instanceof Error ? error.message : error}`;
    }
  })();
  return probed;
}
let probed: Promise<string | null> | undefined;

/** @throws LabError, with everything removed again, when a namespace or an interface cannot be made. */
export async function openLab(options: LabOptions = TWO_HOSTS): Promise<Lab> {
  sweep();
  const lab = new Lab(options.hosts);
  try {
    await lab.build(options);
    return lab;
  } catch (error) {
    await lab[Symbol.asyncDispose]();
    throw error;
  }
}

export class Lab implements AsyncDisposable {
  /** Host name → name of its network namespace, as `ip netns` shows it. */
  readonly #namespaces: ReadonlyMap<string, string>;
  readonly #children = new Set<ChildProcess>();
  #closed = false;

  /** Use `openLab`. */
  constructor(hosts: readonly string[]) {
    const name = `${PREFIX}${process.pid}-${randomBytes(3).toString("hex")}`;
    this.#namespaces = new Map(hosts.map((host) => [host, `${name}-${host}`]));
  }

  /** Name of a host's namespace, for `ip netns exec`. */
  namespace(host: string): string {
    const namespace = this.#namespaces.get(host);
    if (namespace !== undefined) return namespace;
    throw new LabError([], null, `no host "${host}" in this laboratory; there are: ${[...this.#namespaces.keys()].join(", ")}`);
  }

  /** @internal Makes the namespaces and links. */
  async build({ hosts, links }: LabOptions): Promise<void> {
    open(this);
    for (const host of hosts) {
      await run(["ip", "netns", "add", this.namespace(host)]);
      // Link-local addresses come with the link, not by our command: no wait for their duplicates either. Must precede the links.
      await this.exec(host, ["tee", "/proc/sys/net/ipv6/conf/default/accept_dad"], { input: "0" });
      await this.#ip(host, ["link set dev lo up"]);
    }
    for (const [left, right] of links) {
      const [address, peerAddress] = [left, right].map((end) => (end.mac === undefined ? "" : `address ${end.mac}`));
      const peer = `peer name ${right.interface} ${peerAddress} netns ${this.namespace(right.host)}`;
      await this.#ip(left.host, [`link add name ${left.interface} ${address} type veth ${peer}`]);
    }
    for (const end of links.flat()) {
      const addresses = end.addresses ?? [];
      await this.#ip(end.host, [
        ...addresses.map((address) => `address add ${address} dev ${end.interface}${address.includes(":") ? " nodad" : ""}`),
        `link set dev ${end.interface} up`,
      ]);
    }
  }

  /**
   * Runs a command inside a host's namespace (no shell) and waits for it.
   * @throws LabError when it ends with another status than 0 (unless `check` is false), by a signal, or does not exist.
   */
  exec(host: string, command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return run(this.#inside(host, command), options, this.#children);
  }

  /** Starts a command inside a host's namespace and does not wait: a server. It is killed with the laboratory. */
  spawn(host: string, command: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [file, ...rest] = this.#inside(host, command);
    const child = spawn(file!, rest, options);
    track(child, this.#children);
    return child;
  }

  /**
   * Puts whole Ethernet frames on the wire from an interface of a host, as they are: VLAN tags, broken checksums and all.
   * Works on kernels without 8021q. Needs Perl, which every Debian has (package perl-base).
   */
  async send(host: string, interfaceName: string, frames: Iterable<Uint8Array>): Promise<void> {
    await sendFrames(this, host, interfaceName, frames);
  }

  /** Stops what runs in the laboratory and removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    for (const child of this.#children) child.kill("SIGTERM");
    const deadline = Date.now() + 2000;
    while (this.#children.size > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
    this.close();
  }

  /** As `dispose`, but at once and without mercy: for the end of the process. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const child of this.#children) child.kill("SIGKILL");
    for (const namespace of this.#namespaces.values()) removeNamespace(namespace);
    closed(this);
  }

  #inside(host: string, command: readonly string[]): string[] {
    if (this.#closed) throw new LabError(command, null, "this laboratory is closed");
    return ["ip", "netns", "exec", this.namespace(host), ...command];
  }

  #ip(host: string, lines: readonly string[]): Promise<ExecResult> {
    return run(["ip", "-netns", this.namespace(host), "-batch", "-"], { input: `${lines.join("\n")}\n` });
  }
}

// ── life and death ──────────────────────────────────────────────────────────────────────────────────────────────────

const PREFIX = "skep-lab-";
const openLabs = new Set<Lab>();
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function open(lab: Lab): void {
  if (openLabs.size === 0) {
    process.on("exit", closeAll);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  openLabs.add(lab);
}

function closed(lab: Lab): void {
  openLabs.delete(lab);
  if (openLabs.size > 0) return;
  process.off("exit", closeAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

function closeAll(): void {
  for (const lab of [...openLabs]) lab.close();
}

function onSignal(signal: NodeJS.Signals): void {
  closeAll(); // removes this listener
  // Somebody else who listens decides what the signal means; else it means what it always does.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

/** Removes the laboratories of processes that died without a chance to. */
function sweep(): void {
  if (!existsSync("/run/netns")) return;
  for (const namespace of readdirSync("/run/netns")) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(namespace)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) removeNamespace(namespace);
  }
}

function removeNamespace(namespace: string): void {
  if (!existsSync(`/run/netns/${namespace}`)) return;
  // Whatever still runs in there was started in there (a server's children, ...): the namespace lives as long as they do.
  const pids = spawnSync("ip", ["netns", "pids", namespace], { encoding: "utf8" }).stdout ?? "";
  for (const pid of pids.split("\n").filter((line) => line !== "")) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
  spawnSync("ip", ["netns", "delete", namespace]);
}

// ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────────

function track(child: ChildProcess, children: Set<ChildProcess>): void {
  children.add(child);
  child.once("exit", () => children.delete(child));
  child.once("error", () => children.delete(child));
}

async function run(
  command: readonly string[],
  options: ExecOptions = {},
  children: Set<ChildProcess> = new Set(),
): Promise<ExecResult> {
  const [file, ...rest] = command;
  const child = spawn(file!, rest, {
    stdio: ["pipe", "pipe", "pipe"],
    timeout: options.timeout ?? 30_000,
    killSignal: "SIGKILL",
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  track(child, children);
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once("close", (status, signal) => resolve([status, signal]));
    child.once("error", (cause) =>
      reject(new LabError(command, null, `cannot run ${command.join(" ")}: ${cause.message}`, { cause })),
    );
  });
  child.stdin.on("error", () => {}); // A command that does not read its input is not our failure.
  child.stdin.end(options.input ?? "");
  const [stdout, stderr, [status, signal]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const result: ExecResult = { status, signal, stdout, stderr };
  if (signal !== null || (status !== 0 && options.check !== false)) {
    const how = signal === null ? `status ${status}` : signal;
    throw new LabError(command, result, `${command.join(" ")}: ${how}: ${(stderr || stdout).trim()}`);
  }
  return result;
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  stream.setEncoding("utf8");
  let all = "";
  for await (const part of stream) all += part;
  return all;
}
