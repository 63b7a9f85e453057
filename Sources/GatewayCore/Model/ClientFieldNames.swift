// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What a client's API calls the parts of a request, for errors that tell what is wrong.
package struct ClientFieldNames: Sendable, Equatable {
    /// The field that holds the conversation.
    package var conversation: String
    /// The path of the schema that the answer must follow.
    package var answerSchema: String

    package init(conversation: String = "messages", answerSchema: String = "response_format.json_schema.schema") {
        self.conversation = conversation
        self.answerSchema = answerSchema
    }
}
