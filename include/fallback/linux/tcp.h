/* SPDX-License-Identifier: Apache-2.0 */
#ifndef __SKEP_TCP_H__
#define __SKEP_TCP_H__

#include <skep/kernel-types.h>

#define TCPOPT_EOL 0
#define TCPOPT_NOP 1
#define TCPOPT_MSS 2
#define TCPOPT_WINDOW 3
#define TCPOPT_SACK_PERM 4
#define TCPOPT_SACK 5
#define TCPOPT_TIMESTAMP 8

#endif /* __SKEP_TCP_H__ */
