/* SPDX-License-Identifier: Apache-2.0 */
#ifndef __SKEP_IF_VLAN_H__
#define __SKEP_IF_VLAN_H__

#include <skep/kernel-types.h>

#define VLAN_HLEN 4
#define VLAN_ETH_HLEN 18
#define VLAN_PRIO_MASK 0xe000
#define VLAN_PRIO_SHIFT 13
#define VLAN_VID_MASK 0x0fff

#endif /* __SKEP_IF_VLAN_H__ */
