// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What a body says to the gateway and not to the model.
package struct RequestNotes: Sendable {
    /// The most of ``clientRequestID`` that is kept, in bytes of UTF-8.
    package static let maximumIDBytes = 256

    /// The client's own name for the request.
    package var clientRequestID: String?
    /// Tags beside those of the header.
    package var tags: RequestTags?
    /// What was taken out of the body without effect, for the header `x-gatehouse-dropped`.
    package var ignored: [String] = []

    package init() {}
}
