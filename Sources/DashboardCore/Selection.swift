extension Array where Element: Comparable {
  /// The element that would stand at an index if the array were in ascending order; NaN must not be in it.
  ///
  /// Leaves the array in another order (Hoare's selection, Communications of the ACM 4, 1961). O(n) as a rule.
  mutating func element(ofRank rank: Int) -> Element {
    withUnsafeMutableBufferPointer { elements in
      var (low, high) = (0, elements.count - 1)
      while low < high {
        let pivot = elements[(low + high) / 2]
        var (i, j) = (low, high)
        while i <= j {
          while elements[i] < pivot { i += 1 }
          while elements[j] > pivot { j -= 1 }
          if i <= j {
            elements.swapAt(i, j)
            i += 1
            j -= 1
          }
        }
        if rank <= j { high = j } else if rank >= i { low = i } else { return elements[rank] }
      }
      return elements[rank]
    }
  }
}
