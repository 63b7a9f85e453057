// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What can be said of a path that no inference route answers.
package struct UnknownRoute: Sendable, Equatable {
    /// The API whose clients call at such paths, by how the path begins; nil where none does.
    package var apiType: APIType?
    /// Whether it begins as a path of Databricks' gateway does: `/openai/`, `/ai-gateway/`.
    package var isInference: Bool
    /// The nearest route, as people write it: `POST /openai/v1/chat/completions`; nil where none is near.
    package var nearest: String?

    package init(apiType: APIType? = nil, isInference: Bool = false, nearest: String? = nil) {
        self.apiType = apiType
        self.isInference = isInference
        self.nearest = nearest
    }
}
