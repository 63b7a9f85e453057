// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What the pipeline must know of an API that clients use, beside its bytes.
///
/// The dialect says it, by ``Translator/traits(of:)``: so the pipeline names no dialect.
package struct ClientTraits: Sendable, Equatable {
    /// Headers of an answer that carry the request's id as `x-request-id` does, for SDKs that read it there; in lower case.
    package var requestIDHeaders: [String]
    /// Whether the events of a stream repeat the request, so that the first of them cost as much as the request is large.
    package var repeatsRequest: Bool
    /// Whether requests can refer to earlier answers by their ids, so that answers are kept.
    package var refersToAnswers: Bool
    /// How answers say what is left of rate limits.
    package var limitHeaders: LimitHeaders

    /// Whose names headers about rate limits have.
    package enum LimitHeaders: Sendable {
        /// `x-ratelimit-remaining-requests`, with durations; other vendors took them over.
        case openAI
        /// `anthropic-ratelimit-requests-remaining`, with times.
        case anthropic
    }

    package init(
        requestIDHeaders: [String] = [],
        repeatsRequest: Bool = false,
        refersToAnswers: Bool = false,
        limitHeaders: LimitHeaders = .openAI
    ) {
        self.limitHeaders = limitHeaders
        self.requestIDHeaders = requestIDHeaders
        self.repeatsRequest = repeatsRequest
        self.refersToAnswers = refersToAnswers
    }
}
