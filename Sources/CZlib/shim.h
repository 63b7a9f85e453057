// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

#include <zlib.h>
