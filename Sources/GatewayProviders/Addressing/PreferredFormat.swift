// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// Chooses the first of some formats that a destination speaks.
///
/// Embeddings translate into one another and nothing else: an embeddings call gets embeddings or nothing, and no other call gets them.
func firstSpoken(
    of order: [WireFormat],
    ingress: WireFormat,
    spoken: [WireFormat]
) -> WireFormat? {
    guard !ingress.isEmbeddings else { return spoken.first(where: \.isEmbeddings) }
    return order.first { !$0.isEmbeddings && spoken.contains($0) }
}
