// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// What vectors are for: models of several vendors embed a question otherwise than the document that answers it.
///
/// | Gemini's `taskType` | `input_type` at Cohere | others' `input_type` |
/// |---|---|---|
/// | `RETRIEVAL_DOCUMENT` | `search_document` | `document`, `passage` |
/// | `RETRIEVAL_QUERY`, `QUESTION_ANSWERING`, `FACT_VERIFICATION`, `CODE_RETRIEVAL_QUERY` | `search_query` | `query` |
/// | `CLASSIFICATION` | `classification` | |
/// | `CLUSTERING` | `clustering` | |
///
/// Sources: Google's page on task types, Cohere's and Bedrock's on Embed, NVIDIA's and Voyage's on their models (2026-11).
enum EmbeddingPurpose {
    case document
    case query
    case classification
    case clustering

    private static let inputTypes = KeyTable<EmbeddingPurpose>([
        "search_document": .document, "document": .document, "passage": .document, "search_query": .query,
        "query": .query, "classification": .classification, "clustering": .clustering,
    ])

    private static let taskTypes = KeyTable<EmbeddingPurpose>([
        "RETRIEVAL_DOCUMENT": .document, "RETRIEVAL_QUERY": .query, "QUESTION_ANSWERING": .query,
        "FACT_VERIFICATION": .query, "CODE_RETRIEVAL_QUERY": .query, "CLASSIFICATION": .classification,
        "CLUSTERING": .clustering,
    ])

    /// The purpose that an `input_type` names; nil for one that is not in the table.
    init?(inputType: JSONString) {
        guard let purpose = Self.inputTypes[inputType] else { return nil }
        self = purpose
    }

    /// The purpose that a `taskType` names; nil for one that is not in the table.
    init?(taskType: JSONString) {
        guard let purpose = Self.taskTypes[taskType] else { return nil }
        self = purpose
    }

    /// The purpose in Gemini's words.
    var taskType: StaticString {
        switch self {
        case .document: "RETRIEVAL_DOCUMENT"
        case .query: "RETRIEVAL_QUERY"
        case .classification: "CLASSIFICATION"
        case .clustering: "CLUSTERING"
        }
    }

    /// The purpose in Cohere's words.
    var cohereInputType: StaticString {
        switch self {
        case .document: "search_document"
        case .query: "search_query"
        case .classification: "classification"
        case .clustering: "clustering"
        }
    }
}
