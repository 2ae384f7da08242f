/* SPDX-License-Identifier: Apache-2.0 */
/* glibc's headers take the BPF target for a 32-bit machine and look for this list of missing functions. There are no functions at all. */
