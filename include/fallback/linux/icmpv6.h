/* SPDX-License-Identifier: Apache-2.0 */
#ifndef __SKEP_ICMPV6_H__
#define __SKEP_ICMPV6_H__

#include <skep/kernel-types.h>

#define ICMPV6_DEST_UNREACH 1
#define ICMPV6_PKT_TOOBIG 2
#define ICMPV6_TIME_EXCEED 3
#define ICMPV6_PARAMPROB 4
#define ICMPV6_ECHO_REQUEST 128
#define ICMPV6_ECHO_REPLY 129
#define ICMPV6_MGM_QUERY 130

#endif /* __SKEP_ICMPV6_H__ */
