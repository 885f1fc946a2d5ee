import CKernels
import TensorCore

/// A convolution that is one product of matrices as its tensors lie: filters of 1 × 1, whose rows are pixels, and pictures
/// of few pixels, whose rows are samples.
///
/// y = X · Dᵀ, dX = dy · D, dD = dyᵀ · X. For pictures, D holds the filter's tap for every place (of windows) and pixel,
/// and zero where a place does not see a pixel; of a picture of one pixel, that is one of nine taps. Where there is a
/// single window, X is the pixels that it sees.
struct ConvolutionMatrix {
  /// Rows of X and y.
  let rows: Int
  /// Elements of a row of X, next to one another in x.
  let inner: Int
  /// Elements of a row of y.
  let columns: Int
  /// O and C.
  let (outputs, channels): (Int, Int)
  /// How D is made of the filters; nil where it is the filters.
  let shape: amp_filter_matrix?
  /// Where rows of X begin in x; nil where X is x.
  let places: Places?

  /// Rows of X in each sample, line after line: elements from one sample, line, row to the next.
  struct Places {
    let (samples, lines, columns): (Int, Int, Int)
    let (sample, line, column): (Int, Int, Int)
  }

  /// Creates the matrix; nil where there is none, or one much larger than the filters.
  init?(_ sizes: ConvolutionSizes) {
    let windows = sizes.windows
    (outputs, channels) = (sizes.outputs, sizes.channels)
    if sizes.isPixelwise {
      (rows, inner, columns, shape) = (sizes.batch * sizes.places, channels, outputs, nil)
      places =
        windows.stride_height == 1 && windows.stride_width == 1
        ? nil
        : Places(
          samples: sizes.batch, lines: windows.output_height, columns: windows.output_width, sample: sizes.sampleSize,
          line: windows.stride_height * windows.width * channels, column: windows.stride_width * channels)
      return
    }
    // All pixels; those that a single window sees begin with the first.
    let hasOneWindow = sizes.places == 1
    let height =
      hasOneWindow ? min(windows.kernel_height - windows.padding_height, windows.height) : windows.height
    let width = hasOneWindow ? min(windows.kernel_width - windows.padding_width, windows.width) : windows.width
    guard height > 0, width > 0, width == windows.width || height == 1,
      let shape = amp_filter_matrix(sizes, pixels: height * width, width: width)
    else { return nil }
    (rows, inner, columns) = (sizes.batch, height * width * channels, sizes.places * outputs)
    self.shape = shape
    places =
      inner == sizes.sampleSize
      ? nil : Places(samples: sizes.batch, lines: 1, columns: 1, sample: sizes.sampleSize, line: 0, column: 0)
  }

  /// Whether that is faster than the library's convolution: not where many short rows are copied.
  ///
  /// oneDNN goes through the filters sample by sample: where a picture has few pixels and filters are large it waits for
  /// memory. Measured in fp32 and in bf16 with AMX, its times over those of products: pictures of one pixel 1.5 to 30, of
  /// 2 × 2 0.9 to 4; filters of 1 × 1 on 2 × 2 pixels 1.0 to 9, on 7 × 7 1.0 to 1.8, strided 0.9 to 13 from 64 channels
  /// on, and 0.7 to 1.4 with less.
  var isFaster: Bool {
    guard let places else { return true }
    return places.lines * places.columns == 1 || channels >= 64
  }

  /// Elements of D.
  var count: Int { columns * inner }
  /// Elements of X where it is a part of x: copied, because oneDNN is slow with rows that lie apart.
  var copiedCount: Int { places == nil ? 0 : rows * inner }
}

extension amp_filter_matrix {
  /// The taps of some pixels, in lines of `width`; nil where they are so many that D is more than twice the filters, or
  /// than fit.
  fileprivate init?(_ sizes: ConvolutionSizes, pixels: Int, width: Int) {
    let windows = sizes.windows
    guard sizes.taps <= amp_filter_matrix_size, sizes.places * pixels <= min(2 * sizes.taps, amp_filter_matrix_size)
    else { return nil }
    self.init()
    (places, self.pixels, taps) = (sizes.places, pixels, sizes.taps)
    withUnsafeMutableBytes(of: &tap) { taps in
      for place in 0..<sizes.places {
        let top = place / windows.output_width * windows.stride_height - windows.padding_height
        let left = place % windows.output_width * windows.stride_width - windows.padding_width
        for pixel in 0..<pixels {
          let (row, column) = (pixel / width - top, pixel % width - left)
          let isSeen = (0..<windows.kernel_height).contains(row) && (0..<windows.kernel_width).contains(column)
          let tap = Int8(isSeen ? row * windows.kernel_width + column : -1)
          taps.storeBytes(of: tap, toByteOffset: place * pixels + pixel, as: Int8.self)
        }
      }
    }
  }
}
