/**
 * What "skep/vmlinux" is to Node, and to an editor as long as no file declares the kernel's types. Write one with
 *
 *     npx skep types program.bpf.ts -o vmlinux.d.ts
 *
 * This file has no declarations on purpose: its name is what `tsc` then says.
 */
export {};
