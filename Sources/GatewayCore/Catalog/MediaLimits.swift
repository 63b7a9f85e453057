// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What a model takes of pictures and the like; nil where there is no bound.
///
/// Figures: Databricks documentation, "Query foundation models by type" (2026-11).
package struct MediaLimits: Sendable, Hashable {
    /// Images in one request.
    package var maximumImages: Int?
    /// Bytes of all media in one request, as they stand in the body.
    package var maximumTotalBytes: Int?
    /// Bytes of one image, decoded.
    package var maximumImageBytes: Int?
    /// MIME types of images; empty for any.
    package var imageTypes: [String] = []
    /// Whether a model takes images by URL; the gateway fetches none.
    package var takesImageURLs = true

    package init() {}

    /// These bounds, with what they do not say taken from others.
    package func over(_ others: MediaLimits) -> MediaLimits {
        var limits = self
        limits.maximumImages = maximumImages ?? others.maximumImages
        limits.maximumTotalBytes = maximumTotalBytes ?? others.maximumTotalBytes
        limits.maximumImageBytes = maximumImageBytes ?? others.maximumImageBytes
        if imageTypes.isEmpty { limits.imageTypes = others.imageTypes }
        limits.takesImageURLs = takesImageURLs && others.takesImageURLs
        return limits
    }
}
