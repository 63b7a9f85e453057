// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Gemini's generateContent and streamGenerateContent.
///
/// Shapes: the types of PyPI `google-genai` 3.4.0 (2026-11). An upstream is always asked for server-sent events (`alt=sse`); a client that wants the other
/// form of stream, a JSON array, gets one made of the same elements.
package struct Gemini: RelayedDialect {
    package var format: WireFormat { .geminiGenerateContent }
    package var namesModelInBody: Bool { false }

    package init() {}
}
