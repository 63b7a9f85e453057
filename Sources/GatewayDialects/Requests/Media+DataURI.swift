// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension Media.Source {
    /// The longest MIME type with parameters that is read.
    private static let maximumType = 256

    /// What a URL of a request means: the data of a `data:` URI, else the URL.
    ///
    /// The data are neither decoded nor copied. A URI without a type is plain text by RFC 2397; nil for one whose data are not base64.
    init?(uri: JSONString, mediaType: JSONString? = nil) {
        guard uri.hasPrefix("data:") else {
            self = .url(uri, mediaType: mediaType)
            return
        }
        let head = uri.withBytes { bytes, isEscaped -> (text: String, count: Int)? in
            guard let comma = bytes.prefix(Self.maximumType + 16).firstIndex(of: UInt8(ascii: ",")) else { return nil }
            var head = String(decoding: bytes[5..<comma], as: UTF8.self)
            if isEscaped { head.replace("\\/", with: "/") }
            return (head, comma + 1)
        }
        guard var head, head.text.hasSuffix(";base64"), !head.text.contains("\\") else { return nil }
        head.text.removeLast(";base64".count)
        // Parameters such as a charset say nothing that a vendor takes.
        let type = head.text.split(separator: ";", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        self = .base64(
            mediaType: JSONString(type.isEmpty ? "text/plain" : type),
            data: uri.dropping(bytes: head.count)
        )
    }
}

extension JSONWriter {
    /// Writes data with their type as a `data:` URI.
    mutating func dataURI(mediaType: JSONString, _ data: JSONString) {
        beginString()
        appendString("data:")
        appendString(mediaType)
        appendString(";base64,")
        appendString(data)
        endString()
    }
}
