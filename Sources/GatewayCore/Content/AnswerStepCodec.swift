// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// Reads an answer in the client's dialect as steps, and writes the steps that pass.
///
/// Behind a ``ResponseTransform``, where anybody asks for steps (``TranslationTarget/wantsSteps``): so what is relayed and what is translated give the same
/// steps. A step that passes as it came keeps its bytes.
package protocol AnswerStepCodec: Sendable {
    /// The content type of what is written; nil keeps the transform's.
    var contentType: String? { get }

    /// Takes the next bytes for the client.
    ///
    /// - Parameters:
    ///   - output: What the transform gave; cut anywhere.
    ///   - isLast: Whether nothing follows.
    /// - Returns: The steps that are complete now; of a non-streaming answer all of them at its end.
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if it is larger than what may be held.
    mutating func read(_ output: ByteBuffer, isLast: Bool) throws(GatewayError) -> [AnswerStep]

    /// Writes steps.
    ///
    /// - Returns: What can go to the client now; of a non-streaming answer nothing before ``finish()``.
    mutating func write(_ steps: [AnswerStep]) -> ByteBuffer

    /// Writes the end of an answer that a consumer ends before its time, as the dialect ends one for this reason; nothing may be written after it but ``finish()``.
    mutating func end(_ reason: FinishReason) -> ByteBuffer

    /// Writes what is left, once all steps are written.
    mutating func finish() -> ByteBuffer
}
