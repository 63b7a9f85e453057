// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Looks into the content of calls, and may change it, hold it or refuse it.
///
/// A gateway has one value of it; each call works on a copy, which keeps what it must remember of that call. The defaults change nothing.
package protocol ContentPolicy: Sendable {
    /// Looks at a request before anything goes upstream.
    ///
    /// - Returns: What to put in place of some of the texts.
    /// - Throws: What refuses the call.
    mutating func review(_ content: [ContentSpan]) async throws(GatewayError) -> [ContentEdit]

    /// Looks at the next step of the answer.
    ///
    /// - Returns: What goes on in its place, in order: the step itself, edited or not, steps that were held before, or nothing.
    /// - Throws: What ends the answer: an error in the client's dialect, or another status if nothing was sent yet.
    mutating func review(_ step: AnswerStep) async throws(GatewayError) -> ReviewedSteps

    /// Takes the end of the answer; what is held must go now.
    mutating func finishReview() async throws(GatewayError) -> [AnswerStep]
}

extension ContentPolicy {
    package mutating func review(_ content: [ContentSpan]) async throws(GatewayError) -> [ContentEdit] { [] }

    package mutating func review(_ step: AnswerStep) async throws(GatewayError) -> ReviewedSteps { .pass([step]) }

    package mutating func finishReview() async throws(GatewayError) -> [AnswerStep] { [] }
}

/// What a policy makes of a step.
package enum ReviewedSteps: Sendable {
    /// These steps go on; none to hold or to drop it.
    case pass([AnswerStep])
    /// These steps go on, and there the answer ends as the client's dialect ends one for this reason.
    case end(after: [AnswerStep], FinishReason)
}
