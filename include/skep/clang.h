/* SPDX-License-Identifier: Apache-2.0 */
/* Which clang it must be. Skep includes this first and tells the answer in its own words. */
#if !defined(__clang_major__) || __clang_major__ < 14
#error skep needs clang 14
#endif
