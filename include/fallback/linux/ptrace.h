/* SPDX-License-Identifier: Apache-2.0 */
#include <skep/kernel-types.h>
