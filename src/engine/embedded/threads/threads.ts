/** What the embedded engine needs of threads, whoever has them: Node's worker_threads (`skep/threads`), a browser's workers (`web.ts`). */

export interface Threads {
  /** How long a program may take for one packet, in milliseconds, before its thread is ended. */
  readonly patience: number;
  /** Starts a thread that calls `serveCpu`. It must not keep the process alive by itself. @throws what the platform throws. */
  start(name: string, events: ThreadEvents): Thread;
}

export interface ThreadEvents {
  message(message: unknown): void;
  /** It ended by an error, or without being told to. */
  failed(error: unknown): void;
}

export interface Thread {
  post(message: unknown): void;
  /** Ends it, whatever it is doing; resolves when it is gone. */
  terminate(): Promise<void>;
}

/** Milliseconds that threads are patient when nobody says otherwise. */
export const PATIENCE = 5_000;

/** @throws RangeError when it is no positive number. */
export function checkPatience(patience: number): number {
  if (patience > 0) return patience;
  throw new RangeError(`patience: expected milliseconds, more than 0; found ${patience}`);
}
