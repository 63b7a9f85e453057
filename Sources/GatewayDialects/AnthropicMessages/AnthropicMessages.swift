// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Anthropic's Messages API.
///
/// Shapes: the types of PyPI `anthropic` 2.11.0 (2026-11).
package struct AnthropicMessages: RelayedDialect {
    package var format: WireFormat { .anthropicMessages }

    /// Anthropic's SDKs read their request's id from `request-id`.
    package var clientTraits: ClientTraits { ClientTraits(requestIDHeaders: ["request-id"], limitHeaders: .anthropic) }

    package init() {}
}
