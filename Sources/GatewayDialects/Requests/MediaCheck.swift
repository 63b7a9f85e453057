// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// What a request holds of media, against what its model takes: a refusal that names the limit, before anything goes upstream.
struct MediaCheck {
    private let limits: MediaLimits
    private var images = 0
    private var bytes = 0

    /// Checks a request that is translated.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest``, naming the limit.
    static func check(_ request: ModelRequest, _ limits: MediaLimits) throws(GatewayError) {
        guard limits != MediaLimits() else { return }
        var check = MediaCheck(limits)
        for message in request.messages { try check.add(message.parts) }
        try check.finish()
    }

    /// Checks a body that is relayed.
    ///
    /// Only one that speaks of images is looked into, and only if its model has limits.
    /// - Throws: ``GatewayError/Code/invalidRequest``, naming the limit.
    static func check(_ body: JSONValue, _ target: TranslationTarget) throws(GatewayError) {
        guard target.mediaLimits != MediaLimits(), body.bytes.contains("image") else { return }
        guard let conversation = body["messages"] ?? body["input"] ?? body["contents"] else { return }
        var check = MediaCheck(target.mediaLimits)
        try check.visit(conversation, depth: 0)
        try check.finish()
    }

    private init(_ limits: MediaLimits) {
        self.limits = limits
    }

    // MARK: The hub's parts

    private mutating func add(_ parts: [Message.Part]) throws(GatewayError) {
        for part in parts {
            if let media = part.media {
                try add(media.kind == .image, media.source)
            } else if let result = part.toolResult {
                try add(result.parts)
            }
        }
    }

    private mutating func add(_ isImage: Bool, _ source: Media.Source) throws(GatewayError) {
        if isImage { images += 1 }
        switch source {
        case .base64(let type, let data):
            bytes += data.utf8Count
            guard isImage else { return }
            // Four characters of base64 are three bytes.
            if let most = limits.maximumImageBytes, data.utf8Count / 4 * 3 > most {
                throw .invalid("messages", "contain an image of more than \(Self.size(most)), the most for this model.")
            }
            if !limits.imageTypes.isEmpty, !limits.imageTypes.contains(where: { type == $0 }) {
                throw .invalid(
                    "messages",
                    "contain an image of type '\(type.string.prefix(64))'; this model accepts \(limits.imageTypes.joined(separator: ", "))."
                )
            }
        case .url:
            guard isImage, !limits.takesImageURLs else { return }
            throw .invalid("messages", "contain an image by its URL; this model accepts images as base64 data only.")
        case .text(let text): bytes += text.utf8Count
        case .file: break
        }
    }

    private func finish() throws(GatewayError) {
        if let most = limits.maximumImages, images > most {
            throw .invalid("messages", "contain \(images) images; this model accepts at most \(most) in one request.")
        }
        if let most = limits.maximumTotalBytes, bytes > most {
            throw .invalid("messages", "contain more than \(Self.size(most)) of media, the most for this model.")
        }
    }

    private static func size(_ bytes: Int) -> String {
        bytes % (1 << 20) == 0 ? "\(bytes >> 20) MB" : "\(bytes) bytes"
    }

    // MARK: Bodies of any format

    private enum Member {
        /// Something that the client or the model wrote, in which nothing is media.
        case content
        /// Gemini's data and files.
        case inlineData, fileData
        /// A picture's place: an object with a URL, or a URL.
        case imageURL
        /// Anthropic's.
        case source
    }

    private static let members = KeyTable<Member>([
        "args": .content, "arguments": .content, "response": .content, "text": .content,
        "inlineData": .inlineData, "inline_data": .inlineData, "fileData": .fileData, "file_data": .fileData,
        "image_url": .imageURL, "source": .source,
    ])

    /// As deep as media stand in a message, within the result of a tool.
    private static let maximumDepth = 8

    private mutating func visit(_ value: JSONValue, depth: Int) throws(GatewayError) {
        guard depth < Self.maximumDepth else { return }
        if let array = value.array {
            for element in array { try visit(element, depth: depth + 1) }
            return
        }
        guard let object = value.object else { return }
        var type: JSONString??
        for (key, member) in object {
            switch Self.members[key] {
            case .content: break
            case .inlineData:
                guard let data = member["data"]?.text else { continue }
                let type = (member["mimeType"] ?? member["mime_type"])?.text ?? ""
                try add(type.hasPrefix("image/"), .base64(mediaType: type, data: data))
            case .fileData:
                let type = (member["mimeType"] ?? member["mime_type"])?.text
                guard let url = (member["fileUri"] ?? member["file_uri"])?.text else { continue }
                try add(type?.hasPrefix("image/") ?? false, .url(url, mediaType: type))
            case .imageURL:
                guard let url = member.text ?? member["url"]?.text, let source = Media.Source(uri: url) else {
                    continue
                }
                try add(true, source)
            case .source:
                // Looked up once, however often the member is repeated.
                let owner = type ?? value["type"]?.text
                type = .some(owner)
                let isImage = owner.map { $0 == "image" } ?? false
                if let data = member["data"]?.text {
                    try add(isImage, .base64(mediaType: member["media_type"]?.text ?? "", data: data))
                } else if let url = member["url"]?.text {
                    try add(isImage, .url(url, mediaType: nil))
                }
            case nil: try visit(member, depth: depth + 1)
            }
        }
    }
}
