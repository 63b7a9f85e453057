// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Any server that speaks Anthropic's Messages API: that of DeepSeek, Moonshot, Z.ai, MiniMax and others, or another gateway.
    ///
    /// As ``anthropic``, but flags of `anthropic-beta` end at the gateway unless the configuration lets them pass: servers that imitate an API refuse unknown flags.
    package static let anthropicCompatible: Provider = {
        var provider = Provider.anthropic
        provider.id = "anthropic_compatible"
        provider.displayName = "Anthropic-compatible server"
        provider.defaultBaseURL = nil
        provider.environmentKey = nil
        provider.headerPolicy.anthropicBeta = .none
        provider.traits.repeatsIDs = true
        return provider
    }()
}
