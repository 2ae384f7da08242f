/**
 * The few calls that everything in this engine goes through. The native one is `native.ts`; tests put a fake kernel in its
 * place, so that what the engine asks of a kernel, and what it makes of every answer, is tested without privileges.
 *
 * No call throws: a result below zero is an error number, negated, as in the kernel itself.
 */
export interface Transport {
  /** Bytes of a page of memory: 4096, or 65536 on some arm64 kernels. */
  readonly pageSize: number;
  /**
   * Prepares a `bpf(2)`: every call of the result sends `attribute` (a `union bpf_attr` of the command) as it is then. The kernel
   * may write results into it and into memory that it points to. Hot: a map operation is one such call and nothing else.
   */
  prepare(command: number, attribute: Uint8Array): () => number;
  /**
   * The address of `memory`'s first byte, to be written into an attribute; 0 when it is empty. It holds as long as `memory`
   * is referenced: whoever passes an address to the kernel keeps the array.
   */
  addressOf(memory: Uint8Array): bigint;
  /** Index of a network interface in this process's network namespace, or `-ENODEV`. */
  interfaceIndex(name: string): number;
  /** `close(2)`. */
  close(fd: number): number;
  /** Maps `length` bytes of a descriptor from `offset`, shared. */
  map(fd: number, length: number, offset: number, writable: boolean): Mapping | number;
}

/** Memory shared with the kernel. Writing to one that was not asked for as writable kills the process. */
export interface Mapping {
  /**
   * @throws TypeError after `unmap`.
   */
  readonly memory: ArrayBuffer;
  /** Gives the memory back. Views made before must not be touched any more: the process would die. */
  unmap(): void;
}
