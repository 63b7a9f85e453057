// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Amazon Bedrock's Converse and ConverseStream, in which upstreams are asked; clients have no route for it.
///
/// Shapes: the service model `bedrock-runtime/2023-09-30` of botocore 1.43.11 (2026-11). The path names the model and says whether the answer is streamed.
package struct BedrockConverse: Dialect {
    package var format: WireFormat { .bedrockConverse }

    package init() {}

    /// Amazon passes the words of Anthropic's models on, after some of its own.
    package func refusesState(_ error: GatewayError) -> Bool { AnthropicMessages.refusesThoughts(error.message) }
}
