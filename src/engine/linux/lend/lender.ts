/**
 * The privileged side: it holds what was loaded and attached, and hands descriptors of it to one user over a local socket. It reads nothing
 * from whoever connects; the kernel says who that is. So a process without any capability reads maps and buffers, and holds links, that it
 * could not have made, and can make no others.
 */

import { lstatSync, realpathSync, statSync, unlinkSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { LendError } from "../../errors.ts";
import type { Kernel } from "../kernel.ts";
import { ERRNO, SystemError } from "../sys/system-error.ts";
import type { UnixSockets } from "../sys/unix-socket.ts";
import { type Lent, packetsOf, refusal } from "./packets.ts";

/** A thing to be lent, with its descriptor; that stays the owner's. */
export interface Thing {
  readonly lent: Lent;
  readonly fd: number;
}

export interface LenderOptions {
  /** Where the socket is made. Its folder must be one in which nobody else can put something else in its place. */
  readonly path: string;
  /** Who may borrow, by number; root may, too. */
  readonly user: number;
  /** Called with each who borrowed. */
  readonly onBorrowed?: (pid: number) => void;
}

export class Lender implements Disposable {
  readonly path: string;
  readonly #kernel: Kernel;
  readonly #sockets: UnixSockets;
  readonly #options: LenderOptions;
  readonly #packets: ReturnType<typeof packetsOf>;
  readonly #listener: Disposable & { readonly fd: number };
  readonly #watch: Disposable;
  #open = true;

  /** @throws LendError */
  constructor(kernel: Kernel, sockets: UnixSockets, things: readonly Thing[], options: LenderOptions) {
    this.path = safePath(options.path);
    this.#kernel = kernel;
    this.#sockets = sockets;
    this.#options = options;
    this.#packets = packetsOf(things);
    const { path } = this;
    const fd = listenAt(sockets, kernel, path);
    this.#listener = kernel.ledger.adopt(fd, `socket ${path}`);
    // Made for the owner alone; now that is whoever may borrow.
    const given = sockets.giveTo(path, options.user);
    if (given < 0) {
      this.#removeSocket();
      throw failure(path, `giving it to user ${options.user}`, given);
    }
    this.#watch = kernel.transport.watch(fd, () => this.#serve());
  }

  /** Everybody who waits. */
  #serve(): void {
    for (;;) {
      const fd = this.#sockets.accept(this.#listener.fd);
      if (fd < 0) return;
      using connection = this.#kernel.ledger.adopt(fd, `connection at ${this.path}`);
      this.#answer(connection.fd);
    }
  }

  /** One who connected: all packets at once, or none. Who does not take them at once gets no more. */
  #answer(fd: number): void {
    const peer = this.#sockets.peer(fd);
    if (typeof peer === "number") return;
    if (peer.uid !== this.#options.user && peer.uid !== 0) {
      this.#sockets.send(
        fd,
        refusal(`what is lent here is for user ${this.#options.user}, this process is user ${peer.uid}`),
        [],
      );
      return;
    }
    for (const { bytes, fds } of this.#packets) if (this.#sockets.send(fd, bytes, fds) < 0) return;
    this.#options.onBorrowed?.(peer.pid);
  }

  /** Nobody can borrow any more; what was borrowed stays with whoever has it. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watch[Symbol.dispose]();
    this.#removeSocket();
  }

  #removeSocket(): void {
    this.#listener[Symbol.dispose]();
    this.#kernel.transport.unlink(this.path);
  }
}

const GROUP_AND_OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * Whoever can rename something on the way to the socket could put something else in its place before it is given away: so nobody but root
 * and this process's user may.
 * @returns the path without symbolic links: what was looked at is what is used.
 */
function safePath(path: string): string {
  const given = dirname(resolve(path));
  let folder: string;
  try {
    folder = realpathSync(given);
  } catch (cause) {
    throw new LendError(`${path}: there is no folder ${given}`, { cause });
  }
  const own = process.getuid?.() ?? 0;
  for (let at = folder; ; at = dirname(at)) {
    const { uid, mode } = statSync(at);
    const shared = (mode & GROUP_AND_OTHERS_WRITE) !== 0 && (mode & STICKY) === 0;
    if ((uid !== 0 && uid !== own) || shared)
      throw new LendError(`${path}: others may change the folder ${at}; lend in one that only root may, such as /run`);
    if (at === dirname(at)) return join(folder, basename(path));
  }
}

/** A socket that a lender left which was killed is taken away; anything else that is there is not touched. */
function listenAt(sockets: UnixSockets, kernel: Kernel, path: string): number {
  const first = sockets.listen(path);
  if (first >= 0) return first;
  if (first !== -ERRNO.EADDRINUSE) throw failure(path, "making the socket", first);
  const isSocket = lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
  const there = isSocket ? sockets.connect(path) : 0;
  if (isSocket && there >= 0) kernel.transport.close(there);
  if (there !== -ERRNO.ECONNREFUSED)
    throw new LendError(`${path}: ${isSocket ? "somebody else lends there" : "there is something else"}; choose another path`);
  unlinkSync(path);
  const second = sockets.listen(path);
  if (second < 0) throw failure(path, "making the socket", second);
  return second;
}

function failure(path: string, what: string, result: number): LendError {
  const cause = new SystemError(what, -result);
  return new LendError(`${path}: ${cause.message}`, { cause });
}
