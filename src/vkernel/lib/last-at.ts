/** The last of an ascending list that starts at or below `address`. */
export function lastAt<T>(list: readonly T[], address: number, startOf: (item: T) => number): T | undefined {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (startOf(list[middle]!) <= address) low = middle + 1;
    else high = middle;
  }
  return list[low - 1];
}
