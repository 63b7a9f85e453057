// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// How a body changes although it stays in its format.
package struct RelayEdits: Sendable {
    /// Replacements of values.
    package var edits: [JSONSplice.Edit] = []
    /// Members to add to the root, each `"key":value`.
    package var members: [StaticString] = []
    package var hidesUsage = false
    /// Whether the body goes on with the model's name in it.
    package var namesModel = true
    /// What was taken out because the target would refuse it, for the header `x-gatehouse-dropped`.
    package var dropped: [String] = []
    /// The estimate of the prompt's tokens, where the answer needs one.
    package var estimatedInput = 0
}
