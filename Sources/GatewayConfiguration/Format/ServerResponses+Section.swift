// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension Configuration.Server.Responses {
    /// `server.responses`.
    static let section: Section<Configuration.Server.Responses> = {
        let standard = Configuration.Server.Responses()
        let age = Field(
            "max_age",
            .duration(.seconds(60)...Duration.seconds(3650 * 86_400)),
            .optional("`\(durationText(standard.maximumAge))`"),
            "Older responses are deleted."
        )
        let bytes = Field(
            "max_bytes",
            .size(0...1 << 40),
            .optional("`\(sizeText(standard.maximumBytes))`"),
            "The size of all stored responses; beyond it, the oldest responses of the caller that has most are deleted in the same step. The file takes up to twice as much."
        )
        let bytesPerCaller = Field(
            "max_bytes_per_caller",
            .size(0...1 << 40),
            .optional("a quarter of `max_bytes`"),
            "The size of the stored responses of one caller; beyond it, its oldest are deleted in the same step."
        )
        let bytesPerResponse = Field(
            "max_bytes_per_response",
            .size(0...256 << 20),
            .optional("`\(sizeText(standard.maximumBytesPerResponse))`"),
            "The size of one response with the conversation before it; a larger one is not stored."
        )
        return Section(
            "server.responses",
            "Responses that the gateway stores for `previous_response_id` and `GET`, for models whose provider does not store them. They are in `responses.sqlite` in the data directory.",
            fields: [
                age.documentation, bytes.documentation, bytesPerCaller.documentation, bytesPerResponse.documentation,
            ]
        ) { values, reading in
            var responses = Configuration.Server.Responses()
            responses.maximumAge = values.read(age, &reading) ?? responses.maximumAge
            responses.maximumBytes = values.read(bytes, &reading) ?? responses.maximumBytes
            responses.maximumBytesPerCaller = values.read(bytesPerCaller, &reading)
            responses.maximumBytesPerResponse =
                values.read(bytesPerResponse, &reading) ?? responses.maximumBytesPerResponse
            return responses
        }
    }()
}
