// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// Chooses the first of some formats that a destination speaks.
///
/// Embeddings formats translate only to one another: an embeddings request gets one of them or nothing, and no other request does.
func firstSpoken(
    of order: [WireFormat],
    ingress: WireFormat,
    spoken: [WireFormat]
) -> WireFormat? {
    guard !ingress.isEmbeddings else { return spoken.first(where: \.isEmbeddings) }
    return order.first { !$0.isEmbeddings && spoken.contains($0) }
}
