// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension Media {
    /// What stands in an answer for media that the client's API has no place for: nothing of an answer vanishes in silence.
    ///
    /// Headers are sent before a stream's content is known, so words are the one way that streams and whole answers share.
    var words: JSONString {
        let name =
            switch kind {
            case .image: "an image"
            case .audio: "a sound"
            case .video: "a video"
            case .document: "a document"
            }
        switch source {
        case .url(let url, _): return JSONString("[The model answered with \(name): \(url.string)]")
        case .base64(let type, _):
            let type = type.string.prefix(64)
            return JSONString("[The model answered with \(name) (\(type)), which this API cannot carry.]")
        case .file: return JSONString("[The model answered with \(name), which this API cannot carry.]")
        case .text(let text): return text
        }
    }
}
